/**
 * Branded primitives. A brand costs nothing at run time: it only stops a post id from being passed where a
 * user id is meant, or wall-clock time where event time is meant.
 */
declare const brand: unique symbol
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name }

export type EventId = Branded<string, 'EventId'>
export type UserId = Branded<string, 'UserId'>
export type PostId = Branded<string, 'PostId'>
export type ContainerId = Branded<string, 'ContainerId'>
export type CommentId = Branded<string, 'CommentId'>
export type RequestId = Branded<string, 'RequestId'>
export type Hashtag = Branded<string, 'Hashtag'>

/** Integer milliseconds since the Unix epoch. Event time, unless the name says wall. */
export type Millis = Branded<number, 'Millis'>

/** Longest id, in UTF-8 bytes. Ids are opaque and hold no control characters. */
export const ID_BYTES_MAX = 64

export const millis = (value: number): Millis => value as Millis

export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS
