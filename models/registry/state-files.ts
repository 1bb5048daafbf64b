import { ModelError } from '../errors.ts'
import { sha256Of } from '../snapshot/manifest.ts'
import type { RegistryDisk } from './disk.ts'
import type { RegistryState } from './record.ts'
import { NOTHING_REGISTERED } from './transitions.ts'

/** States kept beside the newest, for whoever is reading one while others go on. */
export const STATES_KEPT = 8
/** Of the file's content: raised when its fields change their meaning. */
const FORMAT = 1

const STATE_FILE = /^registry-(\d{12})\.json$/

const nameOf = (generation: number): string => `registry-${String(generation).padStart(12, '0')}.json`

/** A state, and the number of the file that it was read from: 0 where there is none yet. */
export interface ReadState {
  readonly generation: number
  readonly state: RegistryState
}

/**
 * The state of a registry as numbered files, each written whole: the greatest number counts. A file gets its
 * number by a link, which fails where the number is taken: so of two who change the same state at once, one is
 * told to look again, and no lock can be left behind.
 */
export class StateFiles {
  private readonly disk: RegistryDisk

  constructor(disk: RegistryDisk) {
    this.disk = disk
  }

  /** Number of the newest state; 0 without. */
  async newest(): Promise<number> {
    return Math.max(0, ...(await this.generations()))
  }

  /** Throws `REGISTRY_CORRUPT` for a file that is not what was written. */
  async read(): Promise<ReadState> {
    for (;;) {
      const generation = await this.newest()
      if (generation === 0) return { generation, state: NOTHING_REGISTERED }
      const text = await this.disk.read(nameOf(generation))
      // Deleted as old since it was listed: there is a newer one.
      if (text !== null) return { generation, state: parsed(text, nameOf(generation)) }
    }
  }

  /** Writes the state that follows `generation`; false where somebody else has done so first. */
  async write(generation: number, state: RegistryState): Promise<boolean> {
    const next = nameOf(generation + 1)
    if (!(await this.disk.create(next, `${serialised(state)}\n`))) return false
    if (await this.isOverrun(generation)) {
      // Its number was free only because that state had come and gone.
      await this.disk.remove(next)
      return false
    }
    await this.removeOld(generation + 1)
    return true
  }

  /** Old states go in order of their number: while the one before is there, none after it was deleted. */
  private async isOverrun(generation: number): Promise<boolean> {
    return generation > 0 && (await this.disk.read(nameOf(generation))) === null
  }

  private async removeOld(newest: number): Promise<void> {
    const old = (await this.generations()).filter((each) => each < newest - STATES_KEPT)
    for (const generation of old.sort((one, other) => one - other)) await this.disk.remove(nameOf(generation))
  }

  private async generations(): Promise<number[]> {
    const names = await this.disk.list()
    return names.flatMap((name) => {
      const [, digits] = STATE_FILE.exec(name) ?? []
      return digits === undefined ? [] : [Number(digits)]
    })
  }
}

const serialised = (state: RegistryState): string => {
  const content = JSON.stringify(state)
  return JSON.stringify({ format: FORMAT, sha256: sha256Of(Buffer.from(content)), state })
}

/** What carries its own checksum was written by `serialised`, so its shape is known. */
const parsed = (text: string, file: string): RegistryState => {
  const json = jsonOf(text)
  const content = JSON.stringify(json?.state ?? null)
  if (json?.format !== FORMAT || json.sha256 !== sha256Of(Buffer.from(content)))
    throw new ModelError('REGISTRY_CORRUPT', `${file} is not what was written`)
  return json.state
}

interface StateFile {
  readonly format: number
  readonly sha256: string
  readonly state: RegistryState
}

const jsonOf = (text: string): StateFile | null => {
  try {
    return JSON.parse(text) as StateFile
  } catch {
    return null
  }
}
