import type { ChosenPost } from '../../models/evaluation/chosen-posts.ts'
import { Explorations, outlineOf, type PlaceOutline } from '../../models/evaluation/explorations.ts'
import { type ExploredPlace, ExploredPlaces } from '../../models/evaluation/explored-places.ts'
import { outcomesOf } from '../../models/evaluation/outcomes.ts'
import { FollowedTopic } from '../../models/training/followed-topic.ts'
import type { TopicSource } from '../../models/training/topic-source.ts'
import { type Example, examples as exampleContract } from '../../schemas/examples/index.ts'
import type { Choice, LeftOut, Policy } from './policy.ts'

/** Places that are kept; later ones are not read. Each holds some 1 KB. */
export const PLACES_MAX = 500_000

export interface ReadPlaces {
  readonly places: readonly ChosenPost[]
  /** Examples that were read. */
  readonly examples: number
  readonly leftOut: Readonly<Record<LeftOut | 'cut_short', number>>
  /** There are more: only the first `PLACES_MAX` count. */
  readonly isCut: boolean
}

type Told = Pick<Example, 'labels' | 'satisfaction'>

interface Kept {
  readonly choice: Choice
  readonly held: Told
  readonly outline: PlaceOutline
}

/** Reads the places that examples say were left to chance, and what a ranking would have put there. */
export class PlaceReader {
  private readonly policy: Policy
  private readonly source: TopicSource
  private readonly placesMax: number
  private readonly kept = new Map<string, Kept>()
  private readonly explorations = new Explorations()
  /** What was told beside settled slates, of posts that chance may have drawn. */
  private readonly late = new Map<string, Told[]>()
  private readonly leftOut = { cut_short: 0, other_columns: 0, other_heads: 0 }
  private examples = 0
  private isCut = false

  constructor(policy: Policy, source: TopicSource, placesMax = PLACES_MAX) {
    this.policy = policy
    this.source = source
    this.placesMax = placesMax
  }

  /** All that is there now. `told` hears how many examples were read. */
  async read(told: (examples: number) => void = () => undefined): Promise<ReadPlaces> {
    const { partitions } = this.source
    const topic = new FollowedTopic(
      this.source,
      exampleContract,
      Array.from({ length: partitions }, () => 0),
    )
    for (let partition = 0; partition < partitions; partition++)
      await this.readPartition(topic, partition, told)
    const { examples, leftOut, isCut, explorations } = this
    const whole = [...this.kept].filter(([, { outline }]) => explorations.isWhole(outline))
    leftOut.cut_short += this.kept.size - whole.length
    const places = whole.map(([key, { choice, held }]) => ({
      ...choice,
      outcomes: outcomesOf([held, ...(this.late.get(key) ?? [])]),
    }))
    return { places, examples, leftOut, isCut }
  }

  private async readPartition(
    topic: FollowedTopic<Example>,
    partition: number,
    told: (examples: number) => void,
  ): Promise<void> {
    const explored = new ExploredPlaces()
    for (;;) {
      const frames = await topic.read(partition)
      if (frames.length === 0) break
      for (const frame of frames) {
        for (const { value } of topic.records(partition, frame)) {
          this.examples++
          await this.keep(explored.take(value))
          this.addLate(value)
        }
      }
      told(this.examples)
    }
    await this.keep(explored.end())
    this.leftOut.cut_short += explored.cutShort
  }

  private async keep(place: ExploredPlace | null): Promise<void> {
    if (place === null) return
    const outline = outlineOf(place)
    this.explorations.meet(outline)
    if (this.kept.size === this.placesMax) {
      this.isCut = true
      return
    }
    const choice = await this.policy.choose(place)
    if (typeof choice === 'string') this.leftOut[choice]++
    else this.kept.set(keyOf(place.posts[0]!), { choice, held: toldBy(place.posts[0]!), outline })
  }

  /** Labels of longer windows, and surveys, which may come before their slate settles. Early labels come with it once more. */
  private addLate(example: Example): void {
    if (example.phase !== 'late' || example.isEarly || example.propensity === 1 || this.isCut) return
    const key = keyOf(example)
    this.late.set(key, [...(this.late.get(key) ?? []), toldBy(example)])
  }
}

/** Without the features, which nobody needs any more. */
const toldBy = ({ labels, satisfaction }: Example): Told => ({ labels, satisfaction })

const keyOf = ({ requestId, postId }: Pick<Example, 'requestId' | 'postId'>): string =>
  `${requestId}\0${postId}`
