import { describe, expect, it } from 'vitest'
import { readEnvelope } from '../../schemas/envelope.ts'
import { reactions, UNDOABLE_KINDS } from '../../schemas/reactions/index.ts'
import { encode, everyContract, examplesOf, refusal } from './support.ts'

const like = examplesOf('reactions')[1]!
const friend = examplesOf('connections')[0]!

/** Values whose fields each hold what they may, and what is wrong with them as a whole. */
const broken = [
  ['a dwell without a value', 'reactions', { ...like, kind: 'dwell' }, 'FIELD_MISSING', 'value'],
  ['a watch without a value', 'reactions', { ...like, kind: 'watch' }, 'FIELD_MISSING', 'value'],
  ['a like with a value', 'reactions', { ...like, value: 0 }, 'FIELD_UNEXPECTED', 'value'],
  ['an undo of a view', 'reactions', { ...like, kind: 'view', undo: true }, 'NOT_UNDOABLE', 'undo'],
  [
    'an undo of a dwell',
    'reactions',
    { ...like, kind: 'dwell', value: 9, undo: true },
    'NOT_UNDOABLE',
    'undo',
  ],
  ['a tie to oneself', 'connections', { ...friend, targetId: friend['userId'] }, 'IDS_EQUAL', 'targetId'],
] as const

describe.each(broken)('%s', (_, topic, value, rule, field) => {
  const contract = everyContract.find((each) => each.topic === topic)!

  it('is refused at the door and in files, by the name of the field', () => {
    const line = Buffer.from(JSON.stringify({ topic, value }))
    expect(refusal(() => readEnvelope(line))).toMatchObject({ code: 'CONTRACT_BROKEN', topic, rule, field })
  })

  it('is refused in the log, where any publisher may write it', () => {
    const bytes = encode(contract, contract.record.build(value, ''))
    const refused = refusal(() => contract.decode(bytes, 0, bytes.length))
    expect(refused).toMatchObject({ code: 'CONTRACT_BROKEN', topic, rule, field })
    expect(refused.message).toContain(`at ${topic}.${field}: `)
  })
})

it('what people take back can be undone', () => {
  for (const kind of UNDOABLE_KINDS)
    expect(reactions.fromJson({ ...like, kind, undo: true })).toMatchObject({ kind, undo: true })
})
