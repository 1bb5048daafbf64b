import { isProcessor, keySpaceOf, type Topology } from '../../engine/topology.ts'
import type { ViewRows } from '../../features/view.ts'
import { views } from '../../topologies/index.ts'

/** Kept by processors for themselves, and read by nobody else: not worth a copy. */
const PROCESSING_ONLY = new Set([
  'experiment-slates',
  'experiment-users',
  'given-reactions',
  'hashtag-words',
  'label-index',
  'label-join',
  'label-slates',
  'post-join',
  'reaction-routing',
])

/** Views with a row for each user and something else: too many to keep near. */
const PAIRS = new Set(['user-author', 'user-kind', 'user-container', 'user-hashtag'])

/** Rows of a user that others' feeds read too. */
const SHARED_OF_USERS = new Set(['followers', 'profiles'])

/** How serving processes use the stores of a topology. */
export class ServedStores {
  /** By name: the key space that it is partitioned by. */
  private readonly spaces: ReadonlyMap<string, string>

  constructor(topology: Topology) {
    this.spaces = new Map(
      topology.nodes
        .filter(isProcessor)
        .filter(({ name }) => !PROCESSING_ONLY.has(name))
        .map((node) => [node.name, keySpaceOf(node)]),
    )
  }

  names(): string[] {
    return [...this.spaces.keys()].sort()
  }

  /** Those of a key space. */
  namesOf = (keySpace: string): readonly string[] =>
    this.names().filter((name) => this.spaces.get(name) === keySpace)

  /** Its rows go to Redis. */
  has = (store: string): boolean => this.spaces.has(store)

  /** Many feeds read the same rows of it. */
  isShared = (store: string): boolean =>
    SHARED_OF_USERS.has(store) || (this.has(store) && this.spaces.get(store) !== 'user')

  /** Its rows are kept near, if only for when Redis does not answer. */
  isKept = (store: string): boolean => this.has(store) && !PAIRS.has(store)

  /** How long Redis keeps a row after its last change; for ever where that is undefined. */
  timeToLiveMs = (store: string): number | undefined => {
    const view: ViewRows | undefined = views.get(store)
    return view?.timeToLiveMs
  }
}
