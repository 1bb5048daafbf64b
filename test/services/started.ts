import { realServices } from '../../services/index.ts'

/** Starts Redis, prints its port, and stays: for a test that ends it from outside. */
const redis = await realServices.redis()
process.stdout.write(`${redis.process.pid} ${redis.port}\n`)
setInterval(() => undefined, 60_000)
