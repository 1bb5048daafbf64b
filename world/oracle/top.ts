/**
 * Writes the indexes of the greatest of `count` scores to `into`, greatest first, at most as many as it holds; of
 * equals, the first. Answers how many. One pass with an insertion: made for slates, which are short.
 */
export const topOf = (scores: Float64Array, count: number, into: Int32Array): number => {
  let found = 0
  for (let index = 0; index < count; index++) {
    const score = scores[index]!
    if (found === into.length && score <= scores[into[found - 1]!]!) continue
    let place = found < into.length ? found++ : found - 1
    while (place > 0 && scores[into[place - 1]!]! < score) {
      into[place] = into[place - 1]!
      place--
    }
    into[place] = index
  }
  return found
}
