/** Passes errors on, but not one that says the same as the last. */
export const onceEach = (tell: (error: unknown) => void): ((error: unknown) => void) => {
  let last = ''
  return (error) => {
    const text = String(error)
    if (text !== last) tell(error)
    last = text
  }
}
