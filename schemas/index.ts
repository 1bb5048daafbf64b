import { connections } from './connections/index.ts'
import { deadLetters } from './dead-letters/index.ts'
import { erasures } from './erasures/index.ts'
import { examples } from './examples/index.ts'
import { impressions } from './impressions/index.ts'
import { integrity } from './integrity/index.ts'
import { posts } from './posts/index.ts'
import { profiles } from './profiles/index.ts'
import { rankingSamples } from './ranking-samples/index.ts'
import { reactions } from './reactions/index.ts'
import { surveys } from './surveys/index.ts'

/** What apps publish, by topic. */
export const publicContracts = { posts, reactions, connections, profiles, integrity, surveys, erasures }

/** Every contract, by topic. */
export const contracts = {
  ...publicContracts,
  impressions,
  examples,
  'dead-letters': deadLetters,
  'ranking-samples': rankingSamples,
}

/** Topics that must be there though no processor may read them: something is written to them. */
export const WRITTEN_TOPICS: readonly string[] = [...Object.keys(publicContracts), rankingSamples.topic]

/** A value of any public contract. */
export type PublicValue = ReturnType<(typeof publicContracts)[PublicTopic]['fromJson']>

export type PublicTopic = keyof typeof publicContracts
export type ContractTopic = keyof typeof contracts

export type { Contract } from './contract.ts'
export { CONTRACT_RULES, ContractError } from './rules.ts'
export type { ContractErrorCode, ContractRule } from './rules.ts'
export type { Connection, ConnectionKind } from './connections/index.ts'
export type { DeadLetter } from './dead-letters/index.ts'
export type { Erasure } from './erasures/index.ts'
export type { Example, ExampleLabel } from './examples/index.ts'
export type { Candidate, Impression } from './impressions/index.ts'
export type { Integrity } from './integrity/index.ts'
export type { Audience, Post, PostKind } from './posts/index.ts'
export type { Profile } from './profiles/index.ts'
export type { LoggedRankingSample } from './ranking-samples/index.ts'
export type { Reaction, ReactionKind } from './reactions/index.ts'
export type { Survey } from './surveys/index.ts'
