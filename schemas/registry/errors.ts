import type { ErrorText } from '../error-text.ts'

/** What may go wrong with a registry, and what to do. */
export const REGISTRY_ERRORS = {
  REGISTRY_UNAVAILABLE: {
    about: 'The schema registry did not answer, or not as it should.',
    action: 'The same call may succeed later.',
  },
  SCHEMA_REFUSED: {
    about: 'A schema and those registered cannot read each other.',
    action: 'Change it as the message says, or start a new topic.',
  },
} as const satisfies Record<string, ErrorText>

export type RegistryErrorCode = keyof typeof REGISTRY_ERRORS

export class RegistryError extends Error {
  readonly code: RegistryErrorCode
  /** The message without its code. */
  readonly detail: string

  constructor(code: RegistryErrorCode, detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options)
    this.name = 'RegistryError'
    this.code = code
    this.detail = detail
  }
}

/** The registry answered, and does not take it: also what another process registers at the same moment. */
export const isRefused = (error: unknown): boolean =>
  error instanceof RegistryError && error.code === 'SCHEMA_REFUSED'
