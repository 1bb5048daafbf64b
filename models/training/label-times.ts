/** Times of labels that a snapshot tells: of more of them every other one is left out. */
export const LABEL_TIMES_MAX = 4_096

/** When people did what is learned, as far as it is remembered: evenly over all, whatever their number. */
export class LabelTimes {
  private times: number[] = []
  private stride = 1
  private count = 0

  note(at: number): void {
    if (this.count++ % this.stride !== 0) return
    this.times.push(at)
    if (this.times.length < LABEL_TIMES_MAX) return
    this.times = this.times.filter((_, index) => index % 2 === 0)
    this.stride *= 2
  }

  /** Those noted since the last call. */
  take(): readonly number[] {
    const { times } = this
    this.times = []
    this.stride = 1
    this.count = 0
    return times
  }
}
