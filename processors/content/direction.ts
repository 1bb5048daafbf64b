/** Of a content vector: int8, one byte each. Apart from what makes them of texts, which threads that score do not load. */
export const CONTENT_DIMENSIONS = 64
/** A unit vector's component of 1. Dot products of two vectors are cosines times the square of it. */
export const CONTENT_SCALE = 127
