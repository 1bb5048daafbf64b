/** Ends this process, which a benchmark has forked, when that is gone, however it ended. */
export const endWithBenchmark = (): void => {
  process.once('disconnect', () => process.exit())
  // It may be gone already.
  if (!process.connected) process.exit()
}
