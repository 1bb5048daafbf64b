import { readFileSync } from 'node:fs'
import type { Contract } from '../../schemas/contract.ts'
import type { ContractTopic } from '../../schemas/index.ts'
import { contracts } from '../../schemas/index.ts'
import { ContractError } from '../../schemas/rules.ts'

/** Every contract, its values taken as they come: in tests a value only ever goes back to its own contract. */
export const everyContract: readonly Contract<unknown>[] = (Object.keys(contracts) as ContractTopic[]).map(
  (topic) => contracts[topic] as unknown as Contract<unknown>,
)

/** The JSON values of a contract's examples. */
export const examplesOf = (topic: string): readonly Readonly<Record<string, unknown>>[] =>
  readFileSync(new URL(`../../schemas/${topic}/examples.ndjson`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { value: Readonly<Record<string, unknown>> }).value)

export const encode = <Value>(contract: Contract<Value>, value: Value): Buffer => {
  const missing = -contract.encodeInto(value, Buffer.alloc(0), 0)
  const buffer = Buffer.alloc(missing)
  const end = contract.encodeInto(value, buffer, 0)
  return buffer.subarray(0, end)
}

/** The error that `run` throws; anything but a `ContractError` fails the test. */
export const refusal = (run: () => unknown): ContractError => {
  try {
    run()
  } catch (error) {
    if (error instanceof ContractError) return error
    throw error
  }
  throw new Error('nothing was refused')
}
