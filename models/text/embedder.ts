/**
 * Makes vectors of texts, for posts whose publisher wants more than words and hashtags to count: they go into
 * `contentEmbedding` before a post is published, so that what was embedded lies in the log, and a replay needs no
 * model. Processors never wait, so none of them may ask for one.
 */
export interface TextEmbedder {
  /** At most as many as the contract lets a post carry. */
  readonly dimensions: number
  /** One a text, in the order given, of length 1; zeros for a text without a token. Throws `EMBEDDING_FAILED`. */
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>
  dispose(): Promise<void>
}
