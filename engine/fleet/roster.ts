import type { Beat, FleetRecord, Plan } from './records.ts'

/** A member as its last beat described it. */
export type Member = Beat

interface Entry {
  beat: Beat
  /** Offset of its last beat. */
  offset: number
  /** Time that beats of others cover since its last, by their names. */
  readonly silenceMs: Map<string, number>
}

/**
 * Who is alive and which plan counts, as the records of a fleet say, in their order. Death is told by the log
 * and not by a clock: a member is dead when beats of another since its last cover its patience. So a log that stands
 * still kills nobody, a reader that slept through something judges as others did, and everybody who has read as
 * far knows the same.
 */
export class Roster {
  private readonly entries = new Map<string, Entry>()
  private current: Plan | undefined
  private epochMax = 0

  /** The plan of the highest epoch; of two with one epoch the first. */
  get plan(): Plan | undefined {
    return this.current
  }

  /** Above every epoch that anybody spoke of. */
  get nextEpoch(): number {
    return this.epochMax + 1
  }

  /** Those alive, by name. */
  get members(): ReadonlyMap<string, Member> {
    return new Map([...this.entries].map(([name, { beat }]) => [name, beat]))
  }

  /** Whoever has been there longest; undefined while nobody's beginning is known. */
  get leader(): string | undefined {
    let leader: Beat | undefined
    for (const { beat } of this.entries.values()) {
      if (beat.since !== null && (leader === undefined || beat.since < leader.since!)) leader = beat
    }
    return leader?.member
  }

  apply(offset: number, record: FleetRecord): void {
    switch (record.kind) {
      case 'beat':
        return this.beat(offset, record)
      case 'leave':
        if (this.entries.get(record.member)?.beat.incarnation === record.incarnation) {
          this.entries.delete(record.member)
        }
        return
      case 'plan':
        this.epochMax = Math.max(this.epochMax, record.epoch)
        if (record.epoch > (this.current?.epoch ?? 0)) this.current = record
    }
  }

  private beat(offset: number, beat: Beat): void {
    const known = this.entries.get(beat.member)
    // One whose name was taken over does not know it yet.
    if (known !== undefined && isOlder(beat, known)) return
    this.epochMax = Math.max(this.epochMax, beat.epoch)
    if (known === undefined) this.entries.set(beat.member, { beat, offset, silenceMs: new Map() })
    else {
      known.beat = beat
      known.offset = offset
      known.silenceMs.clear()
    }
    for (const [name, entry] of this.entries) {
      if (name === beat.member) continue
      const silenceMs = (entry.silenceMs.get(beat.member) ?? 0) + beat.everyMs
      entry.silenceMs.set(beat.member, silenceMs)
      if (silenceMs >= entry.beat.patienceMs) this.entries.delete(name)
    }
  }
}

/** Whether a beat is of an incarnation before the one that is known: that one began after it. */
const isOlder = (beat: Beat, { beat: known, offset }: Entry): boolean =>
  beat.incarnation !== known.incarnation && beat.since !== null && beat.since < (known.since ?? offset)
