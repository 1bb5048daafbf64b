import { MINUTE_MS, type RequestId } from '../../schemas/ids.ts'
import type { Session } from './session.ts'

export interface SessionLimits {
  readonly sessionsMax: number
  readonly bytesMax: number
  /** A session is dropped when no page of it was asked for this long, wall time. */
  readonly timeToLiveMs: number
}

export const SESSION_DEFAULTS: SessionLimits = {
  sessionsMax: 10_000,
  bytesMax: 256 << 20,
  timeToLiveMs: 30 * MINUTE_MS,
}

/** Pages of one session that are known by their request. */
const REQUESTS_MAX = 1_000

interface Kept {
  readonly session: Session
  /** Requests that were answered with a page of it. */
  readonly requestIds: RequestId[]
  usedAtMs: number
}

/** Sessions that pages may still be asked of; beyond a limit those leave that were not used for longest. */
export class SessionStore {
  private readonly limits: SessionLimits
  /** In order of use. */
  private readonly sessions = new Map<string, Kept>()
  private readonly ofRequests = new Map<RequestId, Session>()
  private totalBytes = 0

  constructor(limits: SessionLimits = SESSION_DEFAULTS) {
    this.limits = limits
  }

  get size(): number {
    return this.sessions.size
  }

  get bytes(): number {
    return this.totalBytes
  }

  /** One that alone is beyond the limit is not kept: its first page is its only one. */
  put(session: Session, nowMs: number): void {
    this.sessions.set(session.id, { session, requestIds: [], usedAtMs: nowMs })
    this.totalBytes += session.bytes
    this.trim(nowMs)
  }

  /** Undefined for a session that is no longer kept. */
  get(id: string, nowMs: number): Session | undefined {
    this.trim(nowMs)
    const kept = this.sessions.get(id)
    if (kept === undefined) return undefined
    kept.usedAtMs = nowMs
    this.sessions.delete(id)
    this.sessions.set(id, kept)
    return kept.session
  }

  /** Notes that a request was answered with a page of a session, for those who ask about the request. */
  name(session: Session, requestId: RequestId): void {
    const kept = this.sessions.get(session.id)
    if (kept === undefined || kept.requestIds.length >= REQUESTS_MAX) return
    kept.requestIds.push(requestId)
    this.ofRequests.set(requestId, session)
  }

  ofRequest(requestId: RequestId): Session | undefined {
    return this.ofRequests.get(requestId)
  }

  private trim(nowMs: number): void {
    const { sessionsMax, bytesMax, timeToLiveMs } = this.limits
    for (const [id, { session, requestIds, usedAtMs }] of this.sessions) {
      const isOver = this.sessions.size > sessionsMax || this.totalBytes > bytesMax
      if (!isOver && nowMs - usedAtMs <= timeToLiveMs) return
      this.sessions.delete(id)
      this.totalBytes -= session.bytes
      for (const requestId of requestIds) this.ofRequests.delete(requestId)
    }
  }
}
