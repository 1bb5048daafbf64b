import { contractTopic } from '../engine/contract-topic.ts'
import { connections as connectionContract } from '../schemas/connections/index.ts'
import { erasures as erasureContract } from '../schemas/erasures/index.ts'
import { examples as exampleContract } from '../schemas/examples/index.ts'
import { MINUTE_MS } from '../schemas/ids.ts'
import { impressions as impressionContract } from '../schemas/impressions/index.ts'
import { integrity as integrityContract } from '../schemas/integrity/index.ts'
import { posts as postContract } from '../schemas/posts/index.ts'
import { profiles as profileContract } from '../schemas/profiles/index.ts'
import { reactions as reactionContract } from '../schemas/reactions/index.ts'
import { surveys as surveyContract } from '../schemas/surveys/index.ts'

/** Phones queue events while they are out of reach; most report within minutes. */
export const GRACE_MS = 5 * MINUTE_MS

const byUser = { keySpace: 'user', graceMs: GRACE_MS } as const
const byPost = { keySpace: 'post', graceMs: GRACE_MS } as const

/** The contracts as topics. A reaction of nobody known is keyed by its post, yet lies with the others. */
export const reactions = contractTopic(reactionContract, byUser)
export const connections = contractTopic(connectionContract, byUser)
export const profiles = contractTopic(profileContract, byUser)
export const surveys = contractTopic(surveyContract, byUser)
export const erasures = contractTopic(erasureContract, byUser)
export const impressions = contractTopic(impressionContract, byUser)
export const examples = contractTopic(exampleContract, byUser)
export const posts = contractTopic(postContract, byPost)
export const integrity = contractTopic(integrityContract, byPost)
