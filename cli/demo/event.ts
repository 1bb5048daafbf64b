import type { PublicTopic } from '../../schemas/index.ts'

/** An envelope as the HTTP door and replay files have it; the value is in its contract's JSON form. */
export interface DemoEvent {
  readonly topic: PublicTopic
  readonly value: Readonly<Record<string, unknown>> & { readonly eventId: string; readonly at: number }
}

/** An event that has no id yet. */
export interface Happening {
  readonly topic: PublicTopic
  readonly at: number
  readonly fields: Readonly<Record<string, unknown>>
}
