import { CliError } from '../errors.ts'

/** An import cannot go on; the message says where and what to do. */
export class ImportError extends CliError {
  constructor(message: string, options?: ErrorOptions) {
    super('IMPORT_FAILED', message, options)
    this.name = 'ImportError'
  }
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
