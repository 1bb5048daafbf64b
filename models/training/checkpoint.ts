import { cp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ModelError } from '../errors.ts'
import { sha256Of, type SnapshotModel } from '../snapshot/manifest.ts'
import { syncDirectory, withPart, writeWholeDirectory } from '../snapshot/whole-directory.ts'
import { FORMAT, type Index, indexText, networksOf, parsedIndex } from './checkpoint-index.ts'
import { type Checkpoint, decodedStates, encodedStates, type Whole } from './checkpoint-states.ts'

/** Whole checkpoints that are kept; the newest is gone on from, the others are there if its disk is not sound. */
export const CHECKPOINTS_KEPT = 2
/** Checkpoints of other networks that are kept beside: a person may want to go back to the code that wrote them. */
export const OTHERS_KEPT = 2

const NAME = /^checkpoint-(\d{12})$/
/** What a writer that died had not finished. */
const PART_NAME = /^checkpoint-\d{12}\.part/
const NAME_DIGITS = 12
const OTHER = '-of-another-network'
const OTHER_NAME = new RegExp(`^checkpoint-\\d{12}${OTHER}$`)
const INDEX_FILE = 'checkpoint.json'

/**
 * Writes a checkpoint, whole or not at all, and then removes old ones. States and positions are in one directory
 * that gets its name in one step: after a crash, nothing is skipped or learned twice. One writer a root: throws
 * `LEARNING_LOCKED` where another has taken the name or removed what was written, for then two learn the same.
 */
export const writeCheckpoint = async (root: string, checkpoint: Checkpoint): Promise<string> => {
  const { learned, latestAt, position, beside, negativesKept } = checkpoint
  const files = encodedStates(checkpoint)
  const text = indexText({
    network: networksOf(learned.definition),
    steps: learned.steps,
    latestAt,
    position,
    beside: beside && { light: beside.light.position, towers: beside.towers.position },
    negativesKept,
    files: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, sha256Of(bytes)])),
  })
  const name = await nextNameIn(root)
  const whole = { ...files, [INDEX_FILE]: Buffer.from(text) }
  const directory = await writeWholeDirectory(root, name, whole, () => {
    throw new ModelError('LEARNING_LOCKED', `${join(root, name)} was written by another trainer meanwhile`)
  }).catch((cause: unknown) => {
    // Another trainer takes what is not whole yet for what one that died left behind.
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw new ModelError('LEARNING_LOCKED', `${join(root, name)} was removed by another trainer`, { cause })
  })
  for (const each of await oldIn(root)) await rm(join(root, each), { recursive: true })
  return directory
}

/** Names tell what is newer, and none comes again: where nothing but a position is new, no checkpoint makes room for it. */
const nextNameIn = async (root: string): Promise<string> => {
  const [, newest = '0'] = NAME.exec((await namesIn(root))[0] ?? '') ?? []
  return `checkpoint-${String(Number(newest) + 1).padStart(NAME_DIGITS, '0')}`
}

const oldIn = async (root: string): Promise<readonly string[]> => {
  const names = await newestFirst(root)
  const parts = names.filter((name) => PART_NAME.test(name))
  const others = names.filter((name) => OTHER_NAME.test(name)).slice(OTHERS_KEPT)
  return [...names.filter((name) => NAME.test(name)).slice(CHECKPOINTS_KEPT), ...others, ...parts]
}

/** What is gone on from though not all of it could be. */
export interface BegunAnew {
  /** What begins with its prior. */
  readonly models: readonly SnapshotModel[]
  /** `CHECKPOINT_OTHER`, for people. */
  readonly error: ModelError
}

/** What was found to go on from, and what was passed over because its bytes are not what was written. */
export interface FoundCheckpoint {
  readonly checkpoint: Checkpoint | undefined
  readonly broken: readonly string[]
  /** Null where all of it is gone on from. */
  readonly begunAnew: BegunAnew | null
}

/**
 * The newest checkpoint that is whole: an older one has an older position, so that nothing is lost by going on
 * from it. Models whose state is of another network or format begin anew, from the record that they had come to; then
 * a copy is kept under a name that says so.
 */
export const readCheckpoint = async (root: string, begin: () => Checkpoint): Promise<FoundCheckpoint> => {
  const broken: string[] = []
  for (const name of await namesIn(root)) {
    const directory = join(root, name)
    const found = await readWhole(directory)
    if (found === undefined) broken.push(directory)
    else {
      const { checkpoint, others } = decodedStates(found, begin)
      const begunAnew = others.length === 0 ? null : await setAside(directory, found.index, others)
      return { checkpoint, broken, begunAnew }
    }
  }
  return { checkpoint: undefined, broken, begunAnew: null }
}

/** A copy: until the next checkpoint is whole, what still fits is gone on from after a crash as well. */
const setAside = async (
  directory: string,
  { format }: Index,
  models: readonly SnapshotModel[],
): Promise<BegunAnew> => {
  const kept = `${directory}${OTHER}`
  if (!(await readdir(join(directory, '..'))).includes(basename(kept))) {
    await withPart(directory, async (part) => {
      const whole = join(part, 'whole')
      await cp(directory, whole, { recursive: true })
      await rename(whole, kept)
    })
    await syncDirectory(join(directory, '..'))
  }
  const why =
    format === FORMAT
      ? `was learned by another network than ${models.join(', ')} is now`
      : `has format ${format}, this code reads ${FORMAT}`
  const detail = `${directory} ${why}: ${models.join(', ')} begins with the prior, where it stood; it is kept as ${basename(kept)}`
  return { models, error: new ModelError('CHECKPOINT_OTHER', detail) }
}

const newestFirst = async (root: string): Promise<string[]> => {
  const names: string[] = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names.sort().toReversed()
}

/** Newest first. */
const namesIn = async (root: string): Promise<string[]> =>
  (await newestFirst(root)).filter((name) => NAME.test(name))

const readWhole = async (directory: string): Promise<Whole | undefined> => {
  const text = await readIfThere(join(directory, INDEX_FILE))
  const index = text && parsedIndex(text.toString())
  if (index === undefined) return undefined
  const files = new Map<string, Buffer>()
  for (const [name, sha256] of Object.entries(index.files)) {
    const bytes = await readIfThere(join(directory, name))
    if (bytes === undefined || sha256Of(bytes) !== sha256) return undefined
    files.set(name, bytes)
  }
  return { index, files }
}

const readIfThere = async (path: string): Promise<Buffer | undefined> =>
  readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
