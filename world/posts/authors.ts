import { VERDICTS } from '../../schemas/integrity/index.ts'
import { HOUR_MS, MINUTE_MS } from '../../schemas/ids.ts'
import type { Journal } from '../events/journal.ts'
import type { Agenda } from '../time/agenda.ts'
import { HAPPENING } from '../time/happenings.ts'
import { type Composer, compose } from './composing.ts'
import type { PostTable } from './post-table.ts'
import { write, type Writing } from './writing.ts'

const EDITED_SHARE = 0.03
const EDITED_AFTER_MS = 10 * MINUTE_MS
const DELETED_SHARE = 0.02
const DELETED_AFTER_MS = 8 * HOUR_MS
/** Share of harmful and of harmless posts that are judged, and how long that takes. */
const CAUGHT_SHARE = 0.9
const CLEARED_SHARE = 0.015
const JUDGED_AFTER_MS = 45 * MINUTE_MS
const REMOVED_SHARE = 0.6
const [ALLOW, DOWNRANK, REMOVE] = [
  VERDICTS.indexOf('allow'),
  VERDICTS.indexOf('downrank'),
  VERDICTS.indexOf('remove'),
] as const

/** Lets people write, edit and delete posts, and moderators judge them. */
export class Authors {
  private readonly composer: Composer
  private readonly posts: PostTable
  private readonly journal: Journal
  private readonly agenda: Agenda
  private readonly written: Int32Array

  constructor(composer: Composer, posts: PostTable, journal: Journal, agenda: Agenda) {
    this.composer = composer
    this.posts = posts
    this.journal = journal
    this.agenda = agenda
    this.written = new Int32Array(composer.people.count)
  }

  publish(author: number, at: number): void {
    const post = this.posts.add(compose(this.composer, author, this.written[author]!++, at))
    this.journal.post(post, 'published', this.writingOf(post), at)
    this.planFate(post, at)
  }

  edit(post: number, at: number): void {
    if (!this.posts.isThere(post, at)) return
    this.posts.isEdited[post] = 1
    this.journal.post(post, 'edited', this.writingOf(post), at)
  }

  delete(post: number, at: number): void {
    if (!this.posts.isThere(post, at)) return
    this.posts.goneAt[post] = at
    this.journal.post(post, 'deleted', this.writingOf(post), at)
  }

  judge(post: number, verdict: number, at: number): void {
    if (verdict === REMOVE && this.posts.isThere(post, at)) this.posts.goneAt[post] = at
    const spam = Math.min(1, Math.max(0, Math.round(100 * this.posts.harm[post]!) / 100))
    this.journal.verdict(post, VERDICTS[verdict]!, spam, at)
  }

  /** What a post says, worked out again: texts are not kept. */
  private writingOf(post: number): Writing {
    const { posts } = this
    const { people, trends, chance } = this.composer
    const trend = posts.trend[post]!
    const mention = posts.mention[post]!
    const task = {
      subject: posts.subject[post]!,
      language: posts.language[post]!,
      isSpam: people.isSpammer[posts.author[post]!] === 1,
      trend: trend === -1 ? undefined : trends.all[trend]!.hashtag,
      mention: mention === -1 ? undefined : people.ids[mention]!,
    }
    const writing = write(task, chance.of('text', posts.author[post], posts.ordinal[post]))
    const isEdited = posts.isEdited[post] === 1
    return isEdited ? { ...writing, text: `${writing.text} (Edited: fixed a typo.)` } : writing
  }

  private planFate(post: number, at: number): void {
    const { chance } = this.composer
    const author = this.posts.author[post]!
    chance.of('post', author, this.posts.ordinal[post], 1)
    const after = (meanMs: number): number => at + 1_000 + Math.round(chance.exponential(meanMs))
    if (chance.happens(EDITED_SHARE)) this.agenda.add(after(EDITED_AFTER_MS), HAPPENING.edit, author, post)
    if (chance.happens(DELETED_SHARE))
      this.agenda.add(after(DELETED_AFTER_MS), HAPPENING.delete, author, post)
    const harm = this.posts.harm[post]!
    if (!chance.happens(harm > 0 ? CAUGHT_SHARE : CLEARED_SHARE)) return
    const verdict = harm === 0 ? ALLOW : chance.happens(harm * REMOVED_SHARE * 2 - 0.3) ? REMOVE : DOWNRANK
    this.agenda.add(after(JUDGED_AFTER_MS), HAPPENING.verdict, author, post, verdict)
  }
}
