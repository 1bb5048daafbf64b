import { MINUTE_MS } from '../../schemas/ids.ts'
import { event, post, type PublishedEvent, reaction, tie } from '../cli/community.ts'

export const HOSTILE_TEXT = '<img src=x onerror="document.title = \'taken over\'"> & <b>bold</b>'
export const POSTS = 30

/**
 * Ada is a friend of bea and follows cem, who wrote 15 posts each; dan keeps a post for his friends, of whom ada is
 * none. Ada did most of late.
 */
export const neighbourhood = (): PublishedEvent[] => {
  const now = Date.now()
  const written = Array.from({ length: POSTS }, (_, index) => {
    const author = index % 2 === 0 ? 'bea' : 'cem'
    const text = index === 0 ? HOSTILE_TEXT : `Note ${index} of ${author}.`
    return post(`post-${index}`, author, { text, at: now - (index + 1) * 10 * MINUTE_MS })
  })
  return [
    tie('ada', 'bea', 'friend', { closeness: 'close' }),
    tie('bea', 'ada', 'friend', { closeness: 'close' }),
    tie('ada', 'cem', 'follow'),
    event('profiles', { userId: 'ada', country: 'GB', language: 'en', interests: ['travel'] }),
    post('for-friends', 'dan', { audience: 'friends' }),
    ...written,
    ...['old-1', 'old-2', 'old-3'].map((postId) => reaction('ada', postId, 'bea', 'view')),
    reaction('eve', 'post-4', 'bea', 'like'),
  ]
}
