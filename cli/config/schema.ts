import { KAFKA_DEFAULTS } from '../../engine/log/kafka/options.ts'
import { WORKER_SETTINGS_DEFAULTS } from '../worker/settings.ts'
import { secret, setting, optional, type SettingsOf } from './declare.ts'
import { address, choice, flag, listOf, serverUrlOf, share, text, urlOf, whole, words } from './kinds.ts'

const PARTITIONS_MAX = 4_096
const REPLICAS_MAX = 7
const DAYS_MAX = 3_650
const NEGATIVES_KEPT_MIN = 0.01

const prefix = text(/^[a-zA-Z0-9.-]*$/, 'letters, digits, "." and "-"')
const name = text(/^[a-zA-Z0-9.-]{1,100}$/, 'up to 100 letters, digits, "." and "-"')

/** Everything that can be set, in one place: the file, the environment, options and `freshet config` follow it. */
export const declared = {
  kafka: {
    brokers: setting(
      listOf(address),
      [],
      'Brokers to begin with; the log of one process where there are none.',
    ),
    prefix: setting(prefix, '', 'Begins the name of every topic and transactional id.'),
    clientId: setting(name, 'freshet', 'Said to the brokers, for their logs and quotas.'),
    transactionMsMax: setting(
      whole(1_000, 900_000),
      KAFKA_DEFAULTS.transactionMsMax,
      "A commit of a worker that died holds its readers back no longer; at most the brokers' transaction.max.timeout.ms.",
    ),
    tls: {
      enabled: setting(flag, false, 'Connections are encrypted.'),
      ca: optional(words, 'File of authorities to trust, PEM; those of the system where there is none.'),
      certificate: optional(words, 'File of the certificate to show, PEM.'),
      key: optional(words, 'File of its private key, PEM.'),
      keyPassphrase: secret(words, 'What the private key is encrypted by.'),
      serverName: optional(
        words,
        "Name that brokers' certificates bear, where it is not that of their address.",
      ),
    },
    sasl: {
      mechanism: optional(
        choice(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER']),
        'How to say who we are.',
      ),
      username: optional(words, 'User to log in as; not with OAUTHBEARER.'),
      password: secret(words, "The user's password."),
      tokenFile: optional(words, 'File of the token to log in by with OAUTHBEARER, read at each login.'),
    },
  },
  redis: {
    urls: setting(
      listOf(serverUrlOf(['redis:', 'rediss:'], 'redis://localhost:6379')),
      [],
      'Redis that features are served from, in its database 0; some of its nodes where it is a cluster. rediss: is encrypted.',
    ),
    cluster: setting(flag, false, 'It is a Redis Cluster.'),
    prefix: setting(prefix, '', 'Begins every key.'),
    tls: {
      ca: optional(words, 'File of authorities to trust, PEM; those of the system where there is none.'),
      certificate: optional(words, 'File of the certificate to show, PEM.'),
      key: optional(words, 'File of its private key, PEM.'),
      serverName: optional(
        words,
        "Name that servers' certificates must be for, and that they are asked by; each node's own where there is none.",
      ),
    },
    username: optional(words, 'User to log in as.'),
    password: secret(words, "The user's password."),
    answerMsMax: setting(
      whole(10, 60_000),
      1_000,
      'A read or write without an answer has failed after this.',
    ),
  },
  registry: {
    url: optional(
      urlOf(['http:', 'https:'], 'http://localhost:8081'),
      "Schema registry with Confluent's API; this code's own schemas where there is none.",
    ),
    ca: optional(words, 'File of authorities to trust, PEM; those of the system where there is none.'),
    username: optional(words, 'User to log in as.'),
    password: secret(words, "The user's password."),
  },
  topics: {
    partitions: setting(whole(1, PARTITIONS_MAX), 12, 'Of every topic; fixed once topics are made.'),
    replicas: optional(
      whole(1, REPLICAS_MAX),
      'Brokers that hold each partition; of new topics 3, or all where there are fewer.',
    ),
    minInSyncReplicas: optional(
      whole(1, REPLICAS_MAX),
      'Of them, those that have a record before it counts as written; all but one.',
    ),
    retentionDays: setting(whole(1, DAYS_MAX), 7, 'How long records of topics are kept.'),
    deadLetterRetentionDays: setting(whole(1, DAYS_MAX), 30, 'How long dead letters are kept.'),
  },
  http: {
    token: secret(
      text(/^[!-~]{32,}$/, 'at least 32 characters of ASCII without spaces'),
      'Asked for as `authorization: Bearer …` by servers, but on routes that tell of nobody; nobody is asked where there is none.',
    ),
  },
  worker: {
    group: setting(name, 'workers', 'Workers that share the partitions.'),
    member: optional(
      name,
      "This worker's name, the same after a restart; the host's name where there is none.",
    ),
    data: setting(words, '.freshet/worker', 'Directory of its state.'),
    standbys: setting(whole(0, REPLICAS_MAX), 1, 'Copies of each state kept on other workers.'),
    heartbeatMs: setting(
      whole(50, 10_000),
      WORKER_SETTINGS_DEFAULTS.heartbeatMs,
      'Workers of a group hear of each other so often; more than some 200 of them take longer beats.',
    ),
    missedHeartbeatsMax: setting(
      whole(3, 40),
      WORKER_SETTINGS_DEFAULTS.missedHeartbeatsMax,
      'One is taken for dead when another was heard this many times since.',
    ),
    commitIntervalMs: setting(
      whole(10, 10_000),
      100,
      'Work is committed so often; less often, up to 300 ms, where commits take long.',
    ),
    cacheBytesMax: setting(
      whole(2 ** 26, 2 ** 40),
      WORKER_SETTINGS_DEFAULTS.cacheBytesMax,
      'Memory for rows if this worker ran all tasks; each task has its share, at least 16 MiB.',
    ),
    changelogBytesMax: setting(
      whole(2 ** 24, 2 ** 40),
      WORKER_SETTINGS_DEFAULTS.changelogBytesMax,
      'Changelog that a restart may have to read again, of all tasks likewise; of each at least 4 MiB.',
    ),
    host: setting(words, '127.0.0.1', 'Address that it tells its health, metrics and state at.'),
    port: setting(whole(0, 65_535), 8082, 'Port of the same; 0 finds a free one.'),
  },
  serving: {
    host: setting(words, '127.0.0.1', 'Address to listen on.'),
    port: setting(whole(0, 65_535), 8080, 'Port to listen on; 0 finds a free one.'),
    data: setting(words, '.freshet/serving', 'Directory of model snapshots.'),
    scorers: setting(whole(1, 256), 1, 'Threads that score.'),
    nearCacheRows: setting(
      whole(0, 10_000_000),
      200_000,
      'Rows of posts kept in this process; 0 keeps none.',
    ),
    nearCacheMsMax: setting(whole(50, 600_000), 2_000, 'A row kept is read anew after this.'),
    cursorSecret: secret(
      text(/^.{32,}$/, 'at least 32 characters'),
      'Signs cursors: processes that share it go on with feeds of each other; drawn at each start where there is none.',
    ),
  },
  learning: {
    negativesKept: setting(
      share(NEGATIVES_KEPT_MIN),
      1,
      'Share of negatives that the heavy ranker learns from; each then counts for as many more. Fixed once anything is learned.',
    ),
  },
} as const

export type Settings = SettingsOf<typeof declared>

/** What settings say of each other, beyond what each may be. Answers what is wrong, by path. */
export const problemsAmong = ({
  kafka,
  redis,
  registry,
  topics,
}: Settings): (readonly [string, string])[] => {
  const found: (readonly [string, string] | false)[] = [
    ...problemsOfTls(kafka.tls),
    ...problemsOfSasl(kafka.sasl),
    problemOfPair('redis.tls', redis.tls),
    redis.urls.some((url) => new URL(url).protocol !== 'rediss:') &&
      Object.values(redis.tls).some((given) => given !== null) && [
        'redis.urls',
        'are not encrypted, but redis.tls says how: begin them with rediss:, or leave it out',
      ],
    !redis.cluster &&
      redis.urls.length > 1 && ['redis.urls', 'names several: set redis.cluster to true, or name one'],
    new Set(redis.urls.map((url) => new URL(url).protocol)).size > 1 && [
      'redis.urls',
      'mixes redis: and rediss:: use one of them',
    ],
    registry.url === null &&
      registry.username !== null && ['registry.url', 'is missing: a user is named for it'],
    registry.ca !== null &&
      !registry.url?.startsWith('https:') && [
        'registry.ca',
        'is named, but registry.url is no https: URL: nothing would be checked by it',
      ],
    registry.username === null &&
      registry.password !== null && [
        'registry.username',
        'is missing: a password is given for it, and nobody would log in',
      ],
    topics.replicas !== null &&
      (topics.minInSyncReplicas ?? 1) > topics.replicas && [
        'topics.minInSyncReplicas',
        `is more than topics.replicas (${topics.replicas}): nothing could be written`,
      ],
  ]
  return found.filter((each) => each !== false)
}

type Problem = readonly [string, string] | false
type Problems = readonly Problem[]

/** Of a certificate to show, one file is of no use without the other. */
const problemOfPair = (
  name: string,
  { certificate, key }: Pick<Settings['kafka']['tls'], 'certificate' | 'key'>,
): Problem =>
  (certificate === null) !== (key === null) && [
    key === null ? `${name}.key` : `${name}.certificate`,
    'is missing: a certificate and its key go together',
  ]

const problemsOfTls = (tls: Settings['kafka']['tls']): Problems => [
  problemOfPair('kafka.tls', tls),
  tls.key === null &&
    tls.keyPassphrase !== null && ['kafka.tls.key', 'is missing: a passphrase is given for it'],
  !tls.enabled &&
    (tls.ca ?? tls.certificate ?? tls.serverName) !== null && [
      'kafka.tls.enabled',
      'is false, but files or a name for it are given: set it to true, or leave them out',
    ],
]

const problemsOfSasl = ({
  mechanism,
  username,
  password,
  tokenFile,
}: Settings['kafka']['sasl']): Problems => {
  const isByToken = mechanism === 'OAUTHBEARER'
  return [
    mechanism === null &&
      (username ?? password ?? tokenFile) !== null && [
        'kafka.sasl.mechanism',
        'is missing: a user, a password or a token is given for it, and nobody would log in',
      ],
    isByToken &&
      tokenFile === null && ['kafka.sasl.tokenFile', 'is missing: OAUTHBEARER logs in by the token in it'],
    isByToken &&
      (username ?? password) !== null && [
        'kafka.sasl.mechanism',
        'is OAUTHBEARER, which knows no user and no password: leave them out',
      ],
    mechanism !== null &&
      !isByToken &&
      username === null && ['kafka.sasl.username', `is missing: ${mechanism} needs one`],
    mechanism !== null &&
      !isByToken &&
      password === null && [
        'kafka.sasl.password',
        `is missing: set FRESHET_KAFKA_SASL_PASSWORD, for ${mechanism} needs it`,
      ],
    mechanism !== null &&
      !isByToken &&
      tokenFile !== null && ['kafka.sasl.tokenFile', `is named, but ${mechanism} logs in by a password`],
  ]
}
