import { SUBJECTS } from '../posts/subjects.ts'

export interface Container {
  readonly id: string
  readonly kind: 'group' | 'page'
  /** Index into SUBJECTS. */
  readonly subject: number
}

const USERS_PER_GROUP = 150

/** A page for each subject, and groups, more of them where there are more people. */
export const containersFor = (users: number): readonly Container[] => {
  const groups = Math.max(1, Math.round(users / USERS_PER_GROUP))
  return SUBJECTS.flatMap(({ name }, subject): Container[] => [
    { id: `page-${name}`, kind: 'page', subject },
    ...Array.from({ length: groups }, (_, index): Container => {
      const id = index === 0 ? `group-${name}` : `group-${name}-${index + 1}`
      return { id, kind: 'group', subject }
    }),
  ])
}
