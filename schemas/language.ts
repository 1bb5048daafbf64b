/** The language of a BCP 47 tag, without script, region and all else that follows: `pt` of `pt-br`. */
export const primaryLanguage = (tag: string): string => {
  const end = tag.indexOf('-')
  return end === -1 ? tag : tag.slice(0, end)
}
