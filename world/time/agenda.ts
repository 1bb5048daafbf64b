/** One thing that is due, as `Agenda.take` hands it over; the same object each time. */
export interface Due {
  at: number
  type: number
  who: number
  what: number
  value: number
  slot: number
}

const CAPACITY_START = 1_024

/** Things that will happen, by time: a binary heap over columns, so that nothing is made for each of them. */
export class Agenda {
  private count = 0
  private sequence = 0
  private at = new Float64Array(CAPACITY_START)
  /** Of things at one time, the one that was put in first comes first. */
  private order = new Float64Array(CAPACITY_START)
  private type = new Uint8Array(CAPACITY_START)
  private who = new Int32Array(CAPACITY_START)
  private what = new Int32Array(CAPACITY_START)
  private value = new Float64Array(CAPACITY_START)
  private slot = new Int32Array(CAPACITY_START)

  get size(): number {
    return this.count
  }

  /** When the next thing is due; infinite when there is none. */
  get nextAt(): number {
    return this.count === 0 ? Infinity : this.at[0]!
  }

  /** What never happens (an infinite time) is not kept. */
  add(at: number, type: number, who: number, what = -1, value = 0, slot = -1): void {
    if (at === Infinity) return
    if (this.count === this.at.length) this.grow()
    let hole = this.count++
    const order = this.sequence++
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      const parentAt = this.at[parent]!
      if (parentAt < at || (parentAt === at && this.order[parent]! < order)) break
      this.move(parent, hole)
      hole = parent
    }
    this.at[hole] = at
    this.order[hole] = order
    this.type[hole] = type
    this.who[hole] = who
    this.what[hole] = what
    this.value[hole] = value
    this.slot[hole] = slot
  }

  /** Takes out the first thing; false when there is none. */
  take(into: Due): boolean {
    if (this.count === 0) return false
    into.at = this.at[0]!
    into.type = this.type[0]!
    into.who = this.who[0]!
    into.what = this.what[0]!
    into.value = this.value[0]!
    into.slot = this.slot[0]!
    this.sink(--this.count)
    return true
  }

  /** Moves the last thing to where it belongs, beginning at the root. */
  private sink(last: number): void {
    const at = this.at[last]!
    const order = this.order[last]!
    let hole = 0
    for (;;) {
      let child = 2 * hole + 1
      if (child >= last) break
      if (child + 1 < last && this.isBefore(child + 1, child)) child++
      const childAt = this.at[child]!
      if (at < childAt || (at === childAt && order < this.order[child]!)) break
      this.move(child, hole)
      hole = child
    }
    this.move(last, hole)
  }

  private isBefore(one: number, other: number): boolean {
    const difference = this.at[one]! - this.at[other]!
    return difference < 0 || (difference === 0 && this.order[one]! < this.order[other]!)
  }

  private move(from: number, to: number): void {
    this.at[to] = this.at[from]!
    this.order[to] = this.order[from]!
    this.type[to] = this.type[from]!
    this.who[to] = this.who[from]!
    this.what[to] = this.what[from]!
    this.value[to] = this.value[from]!
    this.slot[to] = this.slot[from]!
  }

  private grow(): void {
    const capacity = this.at.length * 2
    this.at = grown(this.at, new Float64Array(capacity))
    this.order = grown(this.order, new Float64Array(capacity))
    this.type = grown(this.type, new Uint8Array(capacity))
    this.who = grown(this.who, new Int32Array(capacity))
    this.what = grown(this.what, new Int32Array(capacity))
    this.value = grown(this.value, new Float64Array(capacity))
    this.slot = grown(this.slot, new Int32Array(capacity))
  }
}

const grown = <Column extends Float64Array | Int32Array | Uint8Array>(old: Column, made: Column): Column => {
  made.set(old)
  return made
}
