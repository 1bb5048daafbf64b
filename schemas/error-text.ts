/**
 * What a table of errors holds for every code: what happened, and what whoever meets it should do, in sentences. Commands,
 * HTTP and docs/errors.md take their words from there.
 */
export interface ErrorText {
  readonly about: string
  readonly action: string
}

export const sentencesOf = ({ about, action }: ErrorText): string => `${about} ${action}`
