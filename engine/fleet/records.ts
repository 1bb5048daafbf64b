/** Says that a member is alive, what it has, and by which plan it goes. */
export interface Beat {
  readonly kind: 'beat'
  readonly member: string
  /** Of this run of the member's process: a later one under the same name takes the name over. */
  readonly incarnation: string
  /** Offset of this incarnation's first beat; null until it has read that back. */
  readonly since: number | null
  /** When it was sent, by a clock of its process that means nothing to others; milliseconds. */
  readonly sentMs: number
  /** At most one beat in this time. */
  readonly everyMs: number
  /** It is dead when another member's beats since its last cover this time. */
  readonly patienceMs: number
  /** Epoch of the plan that it knows; 0 for none. */
  readonly epoch: number
  /** Tasks that it runs. */
  readonly active: readonly string[]
  /** Tasks whose state it keeps up to date, and how many offsets of their changelogs it has still to read. */
  readonly warm: Readonly<Record<string, number>>
  /** Other tasks of whose state it has something on disk, and the commit that this stands for. */
  readonly stored: Readonly<Record<string, number>>
  /** Where it answers people; left out before it does. */
  readonly url?: string
}

/** Who is to run which task, by the leader. */
export interface Plan {
  readonly kind: 'plan'
  readonly epoch: number
  /** Whom it counted on. */
  readonly members: readonly string[]
  /** By task: who runs it, then those who keep copies. */
  readonly tasks: Readonly<Record<string, readonly string[]>>
}

/** A member has let go of everything and goes. */
export interface Leave {
  readonly kind: 'leave'
  readonly member: string
  readonly incarnation: string
}

export type FleetRecord = Beat | Plan | Leave

/** JSON, for people to read: there are a few a second. */
export const encodeRecord = (record: FleetRecord): Buffer => Buffer.from(JSON.stringify(record))

/** Undefined for what is no record of a fleet, or of a form that this version does not know. */
export const decodeRecord = (bytes: Buffer): FleetRecord | undefined => {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isRecord = (value: unknown): value is FleetRecord => {
  if (!isObject(value)) return false
  const {
    kind,
    member,
    incarnation,
    since,
    sentMs,
    everyMs,
    patienceMs,
    epoch,
    active,
    warm,
    stored,
    url,
    members,
    tasks,
  } = value
  switch (kind) {
    case 'beat':
      return (
        isText(member) &&
        isText(incarnation) &&
        (since === null || isCount(since)) &&
        isCount(sentMs) &&
        isCount(everyMs) &&
        isCount(patienceMs) &&
        isCount(epoch) &&
        isTexts(active) &&
        isCounts(warm) &&
        isCounts(stored) &&
        (url === undefined || isText(url))
      )
    case 'plan':
      return isCount(epoch) && isTexts(members) && isObject(tasks) && Object.values(tasks).every(isTexts)
    case 'leave':
      return isText(member) && isText(incarnation)
    default:
      return false
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isText = (value: unknown): value is string => typeof value === 'string'

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText)

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

const isCounts = (value: unknown): value is Record<string, number> =>
  isObject(value) && Object.values(value).every(isCount)
