import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { ClientReport, Order } from './client.ts'

/** By a client of its own process, so that its work is not counted as the server's. */
export const askApart = async (order: Order): Promise<ClientReport> => {
  const client = fork(join(import.meta.dirname, 'client.ts'))
  try {
    return await new Promise<ClientReport>((resolve, reject) => {
      client.on('message', (report) => resolve(report as ClientReport))
      client.on('exit', (code) => reject(new Error(`the client ended with ${code}`)))
      client.send(order)
    })
  } finally {
    client.kill()
  }
}

const ascending = (one: number, other: number): number => one - other

export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort(ascending)
  return sorted[Math.floor(share * (sorted.length - 1))]!
}

export const percentiles = (
  tookMs: readonly number[],
): { readonly p50_ms: number; readonly p99_ms: number } => ({
  p50_ms: Number(quantile(tookMs, 0.5).toFixed(2)),
  p99_ms: Number(quantile(tookMs, 0.99).toFixed(2)),
})
