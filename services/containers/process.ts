import { until } from '../ports.ts'
import type { ServiceProcess } from '../port.ts'
import { containerEngine, type EngineContainer, type StartedContainer } from './engine.ts'

export interface ContainerCommand {
  readonly image: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Resolves to true once it serves. */
  readonly answers: () => Promise<boolean>
}

const START_MS_MAX = 180_000

/**
 * A container on this machine's own network, so that its ports and addresses are what they would be of a process:
 * engines on Linux have that. Its data is in its own layer, which a restart keeps.
 */
export class ContainerProcess implements ServiceProcess {
  private readonly plan: ContainerCommand
  private started: StartedContainer | undefined
  private container: EngineContainer | undefined
  private running = 0

  constructor(plan: ContainerCommand) {
    this.plan = plan
  }

  /** Of the last start, as the engine's machine counts. */
  get pid(): number {
    return this.running
  }

  async start(): Promise<this> {
    const { image, command, environment } = this.plan
    const library = await containerEngine()
    const container = new library.GenericContainer(image).withNetworkMode('host')
    if (command !== undefined) container.withCommand([...command])
    if (environment !== undefined) container.withEnvironment({ ...environment })
    this.started = await container.start()
    const { container: engine } = await library.getContainerRuntimeClient()
    this.container = engine.getById(this.started.getId())
    await this.answering()
    return this
  }

  async kill(): Promise<void> {
    await this.container?.kill()
  }

  freeze(): void {
    void this.container?.pause()
  }

  thaw(): void {
    void this.container?.unpause()
  }

  async restart(): Promise<void> {
    await this.kill().catch(() => undefined)
    await this.container?.start()
    await this.answering()
  }

  /** It is removed. */
  async stop(): Promise<void> {
    await this.started?.stop()
  }

  private async answering(): Promise<void> {
    const started = performance.now()
    await until(this.plan.answers, () =>
      performance.now() - started > START_MS_MAX ? `${this.plan.image} did not answer` : undefined,
    )
    const { State } = await this.container!.inspect()
    this.running = State.Pid
  }
}
