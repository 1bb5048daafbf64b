/**
 * The events of one batch as parallel arrays, reused from batch to batch: the decoded event beside where its
 * raw record lies, in case it must be put aside.
 */
export class Batch {
  length = 0
  readonly capacity: number
  /** Index of the input that each event came from. */
  readonly inputs: Uint16Array
  readonly times: Float64Array
  readonly offsets: Float64Array
  readonly events: unknown[] = []
  /** Slot of each (event, node of its input), `nodesMax` a row; -1 where the node has no use for the event. */
  readonly slots: Int32Array
  /** 1 where a node could not tell the event's key: it is in the dead letters already. */
  readonly refused: Uint8Array
  readonly nodesMax: number
  readonly buffers: Buffer[] = []
  readonly keyStarts: Uint32Array
  readonly keyEnds: Uint32Array
  readonly valueEnds: Uint32Array

  constructor(capacity: number, nodesMax: number) {
    this.capacity = capacity
    this.nodesMax = nodesMax
    this.inputs = new Uint16Array(capacity)
    this.refused = new Uint8Array(capacity)
    this.times = new Float64Array(capacity)
    this.offsets = new Float64Array(capacity)
    this.keyStarts = new Uint32Array(capacity)
    this.keyEnds = new Uint32Array(capacity)
    this.valueEnds = new Uint32Array(capacity)
    this.slots = new Int32Array(capacity * nodesMax)
  }

  /** Lets go of the last batch's events and buffers. */
  reset(): void {
    this.refused.fill(0, 0, this.length)
    this.length = 0
    this.events.length = 0
    this.buffers.length = 0
  }
}
