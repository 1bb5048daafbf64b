import { createServer, type Server } from 'node:net'

const LOOPBACK = '127.0.0.1'
const PROBE_INTERVAL_MS = 25

/** Ports of the loopback interface that nothing listens on; all are held until all are found. */
export const freePorts = async (count: number): Promise<number[]> => {
  const servers = await Promise.all(Array.from({ length: count }, () => listening()))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

const listening = (): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, LOOPBACK, () => resolve(server))
  })

/** Asks again and again until `answers` resolves to true; throws when `giveUp` says why it should. */
export const until = async (
  answers: () => Promise<boolean>,
  giveUp: () => string | undefined,
): Promise<void> => {
  while (!(await answers().catch(() => false))) {
    const reason = giveUp()
    if (reason !== undefined) throw new Error(reason)
    await new Promise((resolve) => setTimeout(resolve, PROBE_INTERVAL_MS))
  }
}
