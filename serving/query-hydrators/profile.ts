import { keyOf } from '../../engine/key.ts'
import { readFollowers } from '../../processors/followers.ts'
import { readProfileRow } from '../../processors/profiles.ts'
import { QUERY_HYDRATOR_MS } from '../pipeline/deadlines.ts'
import { always, type QueryHydratorStage } from '../pipeline/stage.ts'
import type { StateRows } from '../state-rows.ts'

export const viewerProfile = (rows: StateRows): QueryHydratorStage => ({
  name: 'viewer-profile',
  about: 'What the viewer says of themselves, and how many follow them.',
  deadlineMs: QUERY_HYDRATOR_MS,
  required: false,
  enable: always,
  async hydrate({ userId }) {
    const key = keyOf(userId)
    const [profile, followers] = await Promise.all([rows.read('profiles', key), rows.read('followers', key)])
    return (viewer) => {
      viewer.profile = profile === undefined ? null : readProfileRow(profile)
      viewer.followers = followers === undefined ? 0 : readFollowers(followers)
    }
  },
})
