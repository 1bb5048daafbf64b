import { clearAskBox, startAskBox } from './ask-box.js'
import { byId, element, replaceChildren } from './dom.js'
import { FeedSession } from './feed-session.js'
import { startLiveStrip } from './live-strip.js'
import { startTheme } from './theme.js'
import { ViewerBar } from './viewer-bar.js'

/** The viewer is part of the address, so that a feed can be linked to and the browser's back button works. */
const VIEWER = 'viewer'

const inAddress = () => new URLSearchParams(location.search).get(VIEWER)

const session = new FeedSession()

const bar = new ViewerBar((userId) => {
  const search = `?${new URLSearchParams({ [VIEWER]: userId }).toString()}`
  if (userId !== inAddress()) history.pushState(null, '', search)
  show(userId)
})

/** @param {string} userId */
const show = (userId) => {
  bar.show(userId)
  clearAskBox()
  void session.show(userId)
}

const start = async () => {
  startTheme()
  startLiveStrip()
  startAskBox((postId) => session.explain(postId))
  addEventListener('popstate', () => {
    const userId = inAddress()
    if (userId !== null) show(userId)
  })
  const asked = inAddress()
  if (asked !== null) show(asked)
  const busiest = await bar.loadRecent()
  // Whoever was named in the address, or chosen while the busiest were looked for, stays.
  if (inAddress() !== null) return
  if (busiest !== undefined) show(busiest)
  else {
    const text = 'Nobody reacted to a post yet. Name any user above; events come in by POST /v1/events.'
    replaceChildren(byId('notices'), element('p', { class: 'notice' }, text))
  }
}

void start()
