import { createRequire } from 'node:module'
import { npmPackage } from '../npm.ts'
import { ServiceUnavailable } from '../port.ts'

const VERSION = '12.2.0'

/** What is used here of testcontainers, which is fetched when it is first needed and not installed with the project. */
export interface Testcontainers {
  readonly GenericContainer: new (image: string) => ContainerPlan
  getContainerRuntimeClient(): Promise<{
    readonly container: { getById(id: string): EngineContainer }
  }>
}

export interface ContainerPlan {
  withNetworkMode(mode: string): this
  withCommand(command: string[]): this
  withEnvironment(environment: Record<string, string>): this
  start(): Promise<StartedContainer>
}

export interface StartedContainer {
  getId(): string
  stop(): Promise<unknown>
}

/** A container as the engine itself knows it. */
export interface EngineContainer {
  inspect(): Promise<{ readonly State: { readonly Pid: number } }>
  kill(): Promise<unknown>
  start(): Promise<unknown>
  pause(): Promise<unknown>
  unpause(): Promise<unknown>
}

let loading: Promise<Testcontainers> | undefined

/** Throws `ServiceUnavailable` where no engine of containers answers: a client without one is common. */
export const containerEngine = (): Promise<Testcontainers> => {
  loading ??= load()
  return loading
}

const load = async (): Promise<Testcontainers> => {
  const library = createRequire(import.meta.url)(
    await npmPackage('testcontainers', VERSION),
  ) as Testcontainers
  try {
    await library.getContainerRuntimeClient()
    return library
  } catch (cause) {
    throw new ServiceUnavailable('no engine of containers answers', { cause })
  }
}
