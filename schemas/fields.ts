import { time } from './declare/numbers.ts'
import { field } from './declare/record.ts'
import { id } from './declare/text.ts'
import type { EventId } from './ids.ts'

/** Fields that every public contract has, worded once. */
export const eventId = field(
  id<EventId>(),
  'Identity of the event, chosen by the publisher: publishing it again changes nothing.',
)
export const at = field(time(), 'When it happened, by the clock of whoever saw it happen.')
