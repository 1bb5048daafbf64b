import { hostname } from 'node:os'

/** Every address of a machine, as a server is told to listen there. */
const EVERYWHERE = ['0.0.0.0', '::']

/** Where others are told to ask a server that listens on `host`: by its machine's name, where that is every address. */
export const askedAt = (url: string, host: string): string =>
  EVERYWHERE.includes(host) ? `http://${hostname()}:${new URL(url).port}` : url
