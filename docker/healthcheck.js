// Whether the process of this container is alive: at the port given, or else as a serving process or a worker.
const ANSWER_MS_MAX = 4_000
const ofRoles = [process.env['FRESHET_SERVING_PORT'] ?? '8080', process.env['FRESHET_WORKER_PORT'] ?? '8082']
const given = process.argv.slice(2)
const ports = given.length > 0 ? given : ofRoles

const isAlive = async (/** @type {string} */ port) => {
  const signal = AbortSignal.timeout(ANSWER_MS_MAX)
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal }).catch(() => null)
  return answer?.ok === true
}

const alive = await Promise.all(ports.map(isAlive))
process.exitCode = alive.some(Boolean) ? 0 : 1
