import { EngineError } from '../../errors.ts'

/** Kafka's own limit. */
const NAME_CHARACTERS_MAX = 249
const PLAIN = /^[a-zA-Z0-9.-]+$/
const ESCAPED = /^([a-zA-Z0-9.-]|_[0-9a-f]{2})+$/
const TASK = /^(.*)-(\d+)$/s

/** A partition of a topic as the brokers know it. */
export interface Place {
  readonly topic: string
  readonly partition: number
}

export const placeKey = (topic: string, partition: number): string => `${partition}/${topic}`

/** Values by partition. A worker looks up hundreds in each round, so no text is made for it. */
export class PlaceMap<Value> {
  private readonly topics = new Map<string, (Value | undefined)[]>()

  get(topic: string, partition: number): Value | undefined {
    return this.topics.get(topic)?.[partition]
  }

  set(topic: string, partition: number, value: Value | undefined): void {
    const partitions = this.topics.get(topic) ?? []
    this.topics.set(topic, partitions)
    partitions[partition] = value
  }
}

/**
 * Names on the brokers. Kafka allows letters, digits, ".", "_" and "-": every other byte, and "_" itself, is
 * written `_` and two hexadecimal digits, so that two names never meet. Names of the log's own hold `__`,
 * which no such name does. The prefix sets applications on one cluster apart.
 */
export class KafkaNames {
  private readonly prefix: string

  constructor(prefix: string) {
    if (prefix !== '' && !PLAIN.test(prefix)) {
      throw new EngineError(
        'TOPIC_MISMATCH',
        `prefix ${JSON.stringify(prefix)}: give letters, digits, "." and "-"`,
      )
    }
    this.prefix = prefix
  }

  topic(name: string): string {
    return this.checked(this.prefix + escaped(name), name)
  }

  /** The name that a topic has for users of the log; undefined for others' topics and for the log's own. */
  nameOf(topic: string): string | undefined {
    if (!topic.startsWith(this.prefix)) return undefined
    const rest = topic.slice(this.prefix.length)
    return ESCAPED.test(rest) ? unescaped(rest) : undefined
  }

  /** Where a task's changelog lies: tasks of one key space share a topic, each has a partition. */
  changelog(taskId: string): Place {
    const [, keySpace = taskId, partition = '0'] = TASK.exec(taskId) ?? []
    return {
      topic: this.checked(`${this.prefix}changelog__${escaped(keySpace)}`, taskId),
      partition: Number(partition),
    }
  }

  /** Held by a task's owner alone: whoever takes it fences the one before. */
  transactionalId(taskId: string): string {
    return `${this.prefix}task__${escaped(taskId)}`
  }

  private checked(topic: string, name: string): string {
    if (topic.length <= NAME_CHARACTERS_MAX) return topic
    const detail = `topic ${JSON.stringify(name)} would be named ${JSON.stringify(topic)} on Kafka`
    throw new EngineError('TOPIC_MISMATCH', `${detail}: at most ${NAME_CHARACTERS_MAX} characters`)
  }
}

const escaped = (name: string): string => {
  if (PLAIN.test(name)) return name
  let text = ''
  for (const byte of Buffer.from(name)) {
    const character = String.fromCharCode(byte)
    text += PLAIN.test(character) ? character : `_${byte.toString(16).padStart(2, '0')}`
  }
  return text
}

const unescaped = (text: string): string => {
  if (!text.includes('_')) return text
  const bytes: number[] = []
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '_') bytes.push(text.charCodeAt(at))
    else {
      bytes.push(Number.parseInt(text.slice(at + 1, at + 3), 16))
      at += 2
    }
  }
  return Buffer.from(bytes).toString()
}
