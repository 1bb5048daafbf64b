import type { LastLogin } from '../../processors/seen.ts'
import { SESSION_GAP_MINUTES } from '../../processors/seen.ts'
import { type Millis, millis, MINUTE_MS } from '../../schemas/ids.ts'

/**
 * When the viewer's last visit before this one ended: posts since then are new to them. Everything is new to
 * one who never was here.
 */
export const lastVisitEnd = (lastLogin: LastLogin | null, asOf: Millis): Millis => {
  if (lastLogin === null) return millis(0)
  const isBack = asOf - lastLogin.lastActiveAt > SESSION_GAP_MINUTES * MINUTE_MS
  return isBack ? lastLogin.lastActiveAt : (lastLogin.previousActiveAt ?? millis(0))
}
