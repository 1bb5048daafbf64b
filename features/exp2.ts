/**
 * 2^x from additions, multiplications and square roots alone. IEEE 754 rounds those exactly, so the same x
 * gives the same bits on every machine and engine version, which `Math.pow` does not promise; sums that
 * machines must agree on to the byte are built on this. Relative error below 3e-15.
 */
const STEPS_LOG2 = 8
const STEPS = 1 << STEPS_LOG2
const EXPONENT_MIN = -1074
const EXPONENT_MAX = 1023

/** 2^(i/256) for i from 0 to 256: an x just below a whole number is a whole step away once subtracted. */
const roots = (): Float64Array => {
  const table = new Float64Array(STEPS + 1).fill(1)
  table[STEPS] = 2
  let root = 2
  for (let bit = STEPS_LOG2 - 1; bit >= 0; bit--) {
    root = Math.sqrt(root)
    for (let index = 0; index < STEPS; index++) {
      if ((index >> bit) & 1) table[index] = table[index]! * root
    }
  }
  return table
}

/** 2^n for every n that a double can hold, subnormal ones included. */
const powers = (): Float64Array => {
  const table = new Float64Array(EXPONENT_MAX - EXPONENT_MIN + 1)
  table[-EXPONENT_MIN] = 1
  for (let n = 1; n <= EXPONENT_MAX; n++) table[n - EXPONENT_MIN] = table[n - 1 - EXPONENT_MIN]! * 2
  for (let n = -1; n >= EXPONENT_MIN; n--) table[n - EXPONENT_MIN] = table[n + 1 - EXPONENT_MIN]! / 2
  return table
}

const ROOTS = roots()
const POWERS = powers()

/** 2^x for finite x; 0 where that is too small for a double, Infinity where it is too large. */
export const exp2 = (x: number): number => {
  const whole = Math.floor(x)
  if (whole < EXPONENT_MIN) return 0
  if (whole > EXPONENT_MAX) return Infinity
  const steps = (x - whole) * STEPS
  const step = Math.floor(steps)
  // Below ln 2 / 256, so the first term that the series leaves out is under 1e-18.
  const y = ((steps - step) / STEPS) * Math.LN2
  const series = 1 + y * (1 + y * (1 / 2 + y * (1 / 6 + y * (1 / 24 + y / 120))))
  return ROOTS[step]! * series * POWERS[whole - EXPONENT_MIN]!
}
