/** To so many digits after the point: what is finer is noise. */
export const rounded = (value: number, digits: number): number => Number(value.toFixed(digits))
