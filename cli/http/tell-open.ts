import { say } from '../terminal.ts'
import { isLoopbackName } from './loopback.ts'

/** Says so where whoever reaches a server is answered. */
export const tellOpen = (host: string, token: string | null): void => {
  if (token !== null || isLoopbackName(host)) return
  say(
    `Whoever reaches ${host} may publish events and read feeds; set FRESHET_HTTP_TOKEN, and only who says it may.`,
  )
}
