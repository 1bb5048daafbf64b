/** Hashtags of a post that rankers read; the first ones. Apart from the schema, which threads that score do not load. */
export const RANKED_HASHTAGS_MAX = 4
