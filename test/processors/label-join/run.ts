import { node } from '../../../engine/topology.ts'
import type { Topic } from '../../../engine/topic.ts'
import { labelJoin } from '../../../processors/label-join/labels.ts'
import { labelIndex } from '../../../processors/label-join/slate-index.ts'
import { labelSlates } from '../../../processors/label-join/slates.ts'
import { examples, GRACE_MS, impressions, reactions } from '../../../processors/topics.ts'
import type { Example } from '../../../schemas/examples/index.ts'
import type { Impression } from '../../../schemas/impressions/index.ts'
import type { Reaction } from '../../../schemas/reactions/index.ts'
import { Pipeline } from '../pipeline.ts'

/** The three processors of the label join, with a watermark that follows the newest event at the grace. */
export class JoinRun {
  readonly pipeline = new Pipeline([node(labelIndex), node(labelJoin), node(labelSlates)])
  private newest = -Infinity

  show(...slates: readonly Impression[]): void {
    for (const slate of slates) this.take(impressions, slate, slate.at)
  }

  react(...events: readonly Reaction[]): void {
    for (const event of events) this.take(reactions, event, event.at)
  }

  take<Value>(topic: Topic<Value>, value: Value, at: number): void {
    this.pipeline.publish(topic, value)
    this.pipeline.drain(() => 0)
    this.newest = Math.max(this.newest, at)
    this.passTo(this.newest - GRACE_MS)
  }

  /** Moves the watermark, and runs what its timers send. */
  passTo(watermark: number): void {
    this.pipeline.advance(watermark)
    this.pipeline.drain(() => 0)
  }

  /** Those of slates that have settled, and what came after. */
  examples(): readonly Example[] {
    return this.all().filter(({ isEarly }) => !isEarly)
  }

  /** Those of labels that came before their slate settled. */
  early(): readonly Example[] {
    return this.all().filter(({ isEarly }) => isEarly)
  }

  /** All of them, in the order that whoever learns from them reads. */
  all(): readonly Example[] {
    return this.pipeline.of('label-slates').sent(examples)
  }

  /** How often something was counted, in whichever processor. */
  count(name: string): number {
    return ['label-index', 'label-join'].reduce(
      (sum, processor) => sum + (this.pipeline.of(processor).counts.get(`label_join.${name}`) ?? 0),
      0,
    )
  }
}
