/** An import cannot go on; the message says where and what to do. */
export class ImportError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ImportError'
  }
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
