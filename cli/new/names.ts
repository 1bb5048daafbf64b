import { Script } from 'node:vm'
import { topicsOf } from '../../engine/topology.ts'
import { everything, topologies } from '../../topologies/index.ts'
import { CliError } from '../errors.ts'

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const NAME_CHARACTERS_MAX = 48

/** A name in the forms that templates need. */
export interface Names {
  /** As in `user-surface`: files, stores, topologies. */
  readonly name: string
  /** As in `userSurface`: values. */
  readonly camel: string
  /** As in `UserSurface`: types. */
  readonly pascal: string
  /** As in `user_surface`: columns. */
  readonly column: string
}

/** Throws `USAGE` for what cannot be a name, `NAME_TAKEN` for what is one already. */
export const namesOf = (name: string): Names => {
  const camel = name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  if (!NAME.test(name) || name.length > NAME_CHARACTERS_MAX || !isIdentifier(camel)) {
    throw new CliError(
      'USAGE',
      `"${name}" cannot be a name: use a-z, 0-9 and single dashes, ${NAME_CHARACTERS_MAX} at most, no word of JavaScript`,
    )
  }
  if (taken().has(name)) throw new CliError('NAME_TAKEN', `there is a store, topic or topology "${name}"`)
  return { name, camel, pascal: camel[0]!.toUpperCase() + camel.slice(1), column: name.replaceAll('-', '_') }
}

const taken = (): ReadonlySet<string> =>
  new Set([
    ...topologies.map((topology) => topology.name),
    everything.name,
    ...everything.nodes.map((node) => node.name),
    ...topicsOf(everything).map((topic) => topic.name),
  ])

const isIdentifier = (word: string): boolean => {
  try {
    return new Script(`'use strict'; async () => { const ${word} = 0 }`) instanceof Script
  } catch {
    return false
  }
}
