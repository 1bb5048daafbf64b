import { keyOf } from '../../engine/key.ts'
import { type Connections, readConnections } from '../../processors/connections/index.ts'
import { readIntegrity } from '../../processors/integrity.ts'
import { type PostAttributes, readPostAttributes } from '../../processors/post-attributes.ts'
import type { Millis, PostId, UserId } from '../../schemas/ids.ts'
import type { Removal } from '../candidate.ts'
import type { FeedQuery } from '../query.ts'
import { areKeptApart } from '../query-hydrators/connections.ts'
import { readRefusals, type Refusals } from '../query-hydrators/refusals.ts'
import type { StateRows } from '../state-rows.ts'
import { isInAudience, type Ties } from './audience.ts'
import type { Restrictions } from './restrictions.ts'

/** A post that somebody is about to be shown. */
export interface Shown {
  readonly post: { readonly postId: PostId; readonly authorId: UserId }
  /** Whom the answer would name beside the author. */
  readonly commenters?: readonly UserId[]
}

/** A post that may be shown, with what it says now. */
export interface Visible<Item> {
  readonly candidate: Item
  readonly attributes: PostAttributes
  /** Whom the answer may name beside the author. */
  readonly commenters: readonly UserId[]
}

export interface Rechecked<Item> {
  readonly kept: readonly Visible<Item>[]
  readonly removed: readonly { readonly candidate: Item; readonly removal: Removal }[]
}

/** Why a viewer would not be shown a post that they may see; null where nothing speaks against it. */
type Refusal = (post: Shown['post']) => Removal | null

/** Says who may see what, by rows as they are at the moment and by what is accepted and not in them yet. */
export class Visibility {
  private readonly rows: StateRows
  private readonly restrictions: Restrictions

  constructor(rows: StateRows, restrictions: Restrictions) {
    this.rows = rows
    this.restrictions = restrictions
  }

  /**
   * Asks again right before answering: blocks and mutes, audience, deletion and moderation. Nothing is waited
   * for after it has asked what is accepted and not processed; whoever waits longer before the answer is made
   * must ask `removalOf` and `nameable` for each post again. Throws when a row cannot be read, or may be lost: then
   * nothing may be shown.
   */
  async recheck<Item extends Shown>(viewerId: UserId, items: readonly Item[]): Promise<Rechecked<Item>> {
    return this.held(() => this.check(viewerId, items, async () => () => null))
  }

  /**
   * The same for a page of the viewer's feed, which leaves out besides what they refused: what they hid or reported,
   * and posts of whom they asked to see less of lately. They may see those, and were told that they would not.
   */
  async recheckPage<Item extends Shown>(
    { userId, asOf }: Pick<FeedQuery, 'userId' | 'asOf'>,
    items: readonly Item[],
  ): Promise<Rechecked<Item>> {
    const readRefusal = async (): Promise<Refusal> => refusalBy(await readRefusals(this.rows, userId), asOf)
    return this.held(() => this.check(userId, items, readRefusal))
  }

  /** To be called by whoever reads in several steps, or asks `removalOf` after it has read: see `Restrictions`. */
  hold(): () => void {
    return this.restrictions.hold()
  }

  /** What is accepted and not processed alone; without waiting. */
  removalOf<Item extends Shown>(
    viewerId: UserId,
    { candidate, attributes }: Pick<Visible<Item>, 'candidate' | 'attributes'>,
  ): Removal | null {
    const containerId = attributes.content?.containerId ?? null
    const { postId, authorId } = candidate.post
    return this.restrictions.removalOf(viewerId, { postId, authorId, containerId })
  }

  /** Of users that rows allow to name, those that nothing forbids which is accepted and not processed; without waiting. */
  nameable(viewerId: UserId, userIds: readonly UserId[]): readonly UserId[] {
    return userIds.filter((userId) => !this.restrictions.keepsApart(viewerId, userId))
  }

  private async held<Result>(read: () => Promise<Result>): Promise<Result> {
    const release = this.restrictions.hold()
    try {
      return await read()
    } finally {
      release()
    }
  }

  private async check<Item extends Shown>(
    viewerId: UserId,
    items: readonly Item[],
    readRefusal: () => Promise<Refusal>,
  ): Promise<Rechecked<Item>> {
    const keys = items.map(({ post }) => keyOf(post.postId))
    const [connectionsRow, postRows, integrityRows, refusalOf] = await Promise.all([
      this.rows.read('connections', keyOf(viewerId)),
      this.rows.readMany('post-attributes', keys),
      this.rows.readMany('integrity', keys),
      readRefusal(),
    ])
    // Throws where rows were lost meanwhile: a tie that is not there may only be there no more.
    this.restrictions.hold()()
    const connections = readConnections(connectionsRow)
    const ties = tiesOf(viewerId, connections)
    const kept: Visible<Item>[] = []
    const removed: { candidate: Item; removal: Removal }[] = []
    for (const [index, candidate] of items.entries()) {
      const postRow = postRows[index]
      const attributes = postRow === undefined ? null : readPostAttributes(postRow)
      const removal =
        attributes === null
          ? 'deleted'
          : (removalByRows(connections, ties, attributes, integrityRows[index]) ??
            this.removalOf(viewerId, { candidate, attributes }) ??
            refusalOf(candidate.post))
      if (removal === null) {
        const named = candidate.commenters?.filter((userId) => !areKeptApart(connections, userId)) ?? []
        kept.push({ candidate, attributes: attributes!, commenters: this.nameable(viewerId, named) })
      } else removed.push({ candidate, removal })
    }
    return { kept, removed }
  }
}

/** As the filters of hidden posts and of fatigue ask; see filters/viewer.ts. */
const refusalBy =
  ({ isHidden, fatigueOf }: Refusals, asOf: Millis): Refusal =>
  ({ postId, authorId }) => {
    if (isHidden(postId)) return 'hidden'
    return fatigueOf(authorId, asOf) === 0 ? 'fatigue' : null
  }

const tiesOf = (userId: UserId, { friends, groups, pages }: Connections): Ties => ({
  userId,
  friends: new Set(friends.map(({ id }) => id)),
  groups: new Set(groups.map(({ id }) => id)),
  pages: new Set(pages.map(({ id }) => id)),
})

const removalByRows = (
  connections: Connections,
  ties: Ties,
  { authorId, publishedAt, content }: PostAttributes,
  integrityRow: Buffer | undefined,
): Removal | null => {
  if (areKeptApart(connections, authorId)) return 'kept-apart'
  if (publishedAt === null || content === null) return 'deleted'
  if (!isInAudience({ authorId, ...content }, ties)) return 'audience'
  const verdict = integrityRow === undefined ? null : readIntegrity(integrityRow)
  return verdict?.verdict === 'remove' ? 'integrity' : null
}
