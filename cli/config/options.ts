import type { Command } from 'commander'
import { Option } from 'commander'
import { type Configured, CONFIG_FILE, readSettings } from './read.ts'
import type { Settings } from './schema.ts'

/** Options that override settings; each is the setting's text. */
export interface SettingOptions {
  readonly config?: string
  readonly kafka?: string
  readonly redis?: string
  readonly registry?: string
}

export const configOption = (): Option =>
  new Option('--config <file>', `settings; ${CONFIG_FILE} of this directory if it is there`)

export const kafkaOption = (): Option => new Option('--kafka <brokers>', 'Kafka, as host:port,host:port')

/** The services, for commands that need some of them. */
export const serviceOptions = (): Option[] => [
  kafkaOption(),
  new Option('--redis <urls>', 'Redis, such as redis://localhost:6379'),
  new Option('--registry <url>', 'schema registry, such as http://localhost:8081'),
]

/** Whether a command that takes `--data` too is about Kafka: where brokers are set, unless a directory is named. */
export const isOnKafka = (command: Command, { kafka }: Settings): boolean =>
  kafka.brokers.length > 0 && command.getOptionValueSource('data') !== 'cli'

/** Reads the settings of a command: its options win over the environment, that over the file. */
export const settingsOf = (
  { config, kafka, redis, registry }: SettingOptions,
  more: Readonly<Record<string, string | undefined>> = {},
): Promise<Configured> =>
  readSettings({
    ...(config !== undefined && { file: config }),
    environment: process.env,
    options: { 'kafka.brokers': kafka, 'redis.urls': redis, 'registry.url': registry, ...more },
  })
