import { integer } from '../declare/numbers.ts'
import { bytes } from '../declare/composites.ts'
import { time } from '../declare/numbers.ts'
import { field, optional, record } from '../declare/record.ts'
import { label, text } from '../declare/text.ts'
import type { ValueOf } from '../declare/kind.ts'

export const DEAD_KEY_BYTES_MAX = 1_024
/** Leaves room for the other fields in a record of 1 MiB; the writer cuts what is longer. */
export const DEAD_VALUE_BYTES_MAX = 1_000_000
export const REASON_CHARACTERS_MAX = 2_000
export const FIELD_CHARACTERS_MAX = 256
export const PARTITION_MAX = 65_535

export const deadLetterV1 = record('DeadLetter', 'A record that was put aside, with the reason.', {
  topic: field(label(), 'Where the record lay.'),
  partition: field(integer(0, PARTITION_MAX), 'In which partition.'),
  offset: field(integer(0, Number.MAX_SAFE_INTEGER), 'At which offset.'),
  code: field(label(), 'Error code, as in the table of errors.'),
  field: optional(text(FIELD_CHARACTERS_MAX), 'The field at fault.'),
  reason: field(text(REASON_CHARACTERS_MAX), 'What was wrong, and what to do.'),
  processor: optional(label(), 'The processor that failed on it.'),
  key: field(bytes(DEAD_KEY_BYTES_MAX), "The record's key."),
  value: field(
    bytes(DEAD_VALUE_BYTES_MAX),
    "The record's bytes; its beginning, if there were more than these.",
  ),
  at: field(time(), 'When it was put aside: wall clock, not event time.'),
})

export type DeadLetter = ValueOf<typeof deadLetterV1>
