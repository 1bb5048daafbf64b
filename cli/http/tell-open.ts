import { say } from '../terminal.ts'

/** Says so where whoever reaches a server is answered. */
export const tellOpen = (host: string, token: string | null): void => {
  if (token !== null || isLoopback(host)) return
  say(
    `Whoever reaches ${host} may publish events and read feeds; set FRESHET_HTTP_TOKEN, and only who says it may.`,
  )
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host.startsWith('127.')
