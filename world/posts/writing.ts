import type { PostKind } from '../../schemas/posts/index.ts'
import type { Chance } from '../chance.ts'
import { LANGUAGES } from '../society/places.ts'
import { PHRASEBOOKS } from './languages.ts'
import { AFTERTHOUGHTS, SUBJECTS } from './subjects.ts'

const HASHTAGS_MAX = 3
const SPAM = [
  'You will not believe what {} did next. Tap before it is gone!!',
  'I made 900 a day from {}. Ask me how.',
  'FREE {}, only today, share with ten friends.',
]

export interface Writing {
  readonly text: string
  readonly hashtags: readonly string[]
}

export interface WritingTask {
  readonly subject: number
  /** Index into LANGUAGES. */
  readonly language: number
  readonly isSpam: boolean
  /** A hashtag of the day, if the author takes it up. */
  readonly trend: string | undefined
  /** Id of somebody whom the post names. */
  readonly mention: string | undefined
}

/** What a post says: the same again for the same chance. */
export const write = (task: WritingTask, chance: Chance): Writing => {
  const { hashtags } = SUBJECTS[task.subject]!
  const own = chance.sample(hashtags.length, chance.between(0, HASHTAGS_MAX), () => 1)
  const said = capitalised(sentence(task, chance))
  const more = task.language === 0 && chance.happens(0.5) ? ` ${chance.pick(AFTERTHOUGHTS)}` : ''
  const named = task.mention === undefined ? '' : ` @${task.mention}`
  return {
    text: `${said}${more}${named}`,
    hashtags: [...(task.trend === undefined ? [] : [task.trend]), ...own.map((index) => hashtags[index]!)],
  }
}

const sentence = ({ subject, language, isSpam }: WritingTask, chance: Chance): string => {
  const { sentences, fillings } = SUBJECTS[subject]!
  if (isSpam) return chance.pick(SPAM).replaceAll('{}', chance.pick(fillings))
  const book = PHRASEBOOKS.find((each) => each.language === LANGUAGES[language])
  if (book === undefined) return chance.pick(sentences).replaceAll('{}', chance.pick(fillings))
  return chance.pick(book.sentences).replaceAll('{}', chance.pick(book.nouns[subject]!))
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** Kinds of a subject's posts, a common kind named more than once. */
export const kindOf = (subject: number, chance: Chance): PostKind => chance.pick(SUBJECTS[subject]!.kinds)
