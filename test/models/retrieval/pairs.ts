import { Random } from '../../../engine/driver/random.ts'
import type { Example } from '../../../schemas/examples/index.ts'
import type { PostId, RequestId } from '../../../schemas/ids.ts'
import { exampleOf, labelled } from '../training/sample.ts'
import { vectorOf, vectorsAround } from './indexes.ts'

const SUBJECTS = 12
export const TASTES = vectorsAround(SUBJECTS, SUBJECTS, 8)
export const CONTENTS = vectorsAround(SUBJECTS, SUBJECTS, 9)

/** What is liked by who likes a subject: another one, which no prior can know. */
export const likedBy = (subject: number): number => (subject + 1) % SUBJECTS

/** Labels as they come, of viewers who like what `likedBy` says. */
export const pairStream = (count: number, seed: number): Example[] => {
  const random = new Random(seed)
  return Array.from({ length: count }, (_, index) => {
    const subject = random.below(SUBJECTS)
    return pairOf(`pair-${seed}-${index}`, subject, `p${seed}-${index}`, likedBy(subject))
  })
}

/** Somebody who likes a subject likes a post about one. */
export const pairOf = (id: string, taste: number, postId: string, content: number): Example =>
  exampleOf({
    exampleId: id,
    requestId: id as RequestId,
    postId: postId as PostId,
    phase: 'late',
    isEarly: true,
    labels: labelled('like'),
    contentVector: Buffer.from(vectorOf(CONTENTS, content).buffer),
    postLanguage: 'en',
    postKind: 'text',
    tasteVector: Buffer.from(vectorOf(TASTES, taste).buffer),
    viewerLanguage: 'en',
  })
