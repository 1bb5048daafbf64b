import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { reaction } from '../cli/community.ts'
import { Running } from '../cli/running.ts'
import { keepScreenshot, openPage, type OpenedPage, type Screen, useChromium } from './chromium.ts'
import { HOSTILE_TEXT, neighbourhood, POSTS } from './neighbourhood.ts'

useChromium()

const SOON = { timeout: 20_000 }

interface Visit extends OpenedPage {
  readonly running: Running
}

/** The page, as it opens in a neighbourhood: with the feed of ada, who did most of late. */
const visit = async (screen: Partial<Screen> = {}, script?: string): Promise<Visit> => {
  const running = await Running.start()
  await running.take(neighbourhood())
  const opened = await openPage(screen, script)
  await opened.page.goto(running.url)
  await posts(opened.page).first().waitFor()
  return { ...opened, running }
}

const posts = (page: Page): ReturnType<Page['locator']> => page.getByRole('article')
const post = (page: Page, text: string): ReturnType<Page['locator']> => posts(page).filter({ hasText: text })
const texts = (page: Page): Promise<string[]> => page.locator('article .text').allTextContents()
const said = (page: Page): ReturnType<Page['locator']> => page.locator('#announcer')

test('it opens with the feed of a viewer, says who that is, and why each post is there', async () => {
  const { page, complaints } = await visit()
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Feed of ada')
  await expect
    .poll(() => page.locator('#viewer-facts').textContent())
    .toContain('GB, en · 1 friend, follows 1')
  expect(await posts(page).count()).toBe(20)
  expect(await post(page, 'Note 2 of bea').locator('.reason').textContent()).toMatch(/^friend .*bea/)
  expect(await post(page, 'Note 1 of cem').locator('.reason').textContent()).toMatch(/^follow .*cem/)
  expect(await said(page).textContent()).toBe('Feed of ada: 20 posts.')
  expect(complaints).toEqual([])
})

test('what people wrote is shown as they wrote it, and does nothing', async () => {
  const { page, complaints } = await visit()
  expect(await texts(page)).toContain(HOSTILE_TEXT)
  expect(await page.locator('article img, article b b').count()).toBe(0)
  expect(await page.title()).toBe('Feed of ada · Freshet')
  expect(complaints).toEqual([])
})

test('another viewer is chosen by name, stands in the address, and going back leads to the one before', async () => {
  const { page } = await visit()
  await page.getByLabel('See the feed of').fill('eve')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.title(), SOON).toBe('Feed of eve · Freshet')
  expect(new URL(page.url()).search).toBe('?viewer=eve')
  await page.getByRole('button', { name: 'ada', exact: true }).click()
  await expect.poll(() => page.title(), SOON).toBe('Feed of ada · Freshet')
  await page.goBack()
  await expect.poll(() => page.title(), SOON).toBe('Feed of eve · Freshet')
})

test('a like counts at once: the post makes room, and the others are ranked anew', async () => {
  const { page, running, complaints } = await visit()
  const [first] = await texts(page)
  await posts(page).first().getByRole('button', { name: 'Like' }).click()
  await expect
    .poll(() => said(page).textContent(), SOON)
    .toMatch(/^Liked\. The feed changed: \d+ posts? moved, \d+ new\.$/)
  expect(await texts(page)).not.toContain(first)
  expect(await page.locator('.receipt').textContent()).toContain('Liked')
  // The list of who was active is a second old at most.
  await expect
    .poll(async () => (await running.get('/v1/viewers?limit=1')).body, SOON)
    .toEqual({ viewers: [{ userId: 'ada', events: 4 }] })
  expect(complaints).toEqual([])
})

/** Lets requests to a path wait, as on a slow connection, until they are let go. */
const holdUp = async (page: Page, path: string): Promise<{ readonly held: Promise<void>; letGo(): void }> => {
  const held = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  await page.route(`**${path}`, async (route) => {
    held.resolve()
    await gone.promise
    await route.continue()
  })
  return { held: held.promise, letGo: () => gone.resolve() }
}

test('a like that is durable once another viewer is chosen leaves no receipt in their feed', async () => {
  const { page, complaints } = await visit()
  const events = await holdUp(page, '/v1/events')
  await posts(page).first().getByRole('button', { name: 'Like' }).click()
  await events.held
  await page.getByLabel('See the feed of').fill('eve')
  await page.keyboard.press('Enter')
  await expect.poll(() => said(page).textContent(), SOON).toMatch(/^Feed of eve: /)
  const shown = await texts(page)
  const taken = page.waitForResponse('**/v1/events')
  events.letGo()
  await (await taken).finished()
  // Nothing is to come of it: there is nothing to wait for but time in which it would.
  await page.waitForTimeout(1_000)
  expect(await page.locator('.receipt').count()).toBe(0)
  expect([await texts(page), await said(page).textContent()]).toEqual([
    shown,
    expect.stringMatching(/^Feed of eve/),
  ])
  expect(complaints).toEqual([])
})

test('who is chosen before it is known who did most of late stays chosen', async () => {
  const running = await Running.start()
  await running.take(neighbourhood())
  const { page } = await openPage({})
  const viewers = await holdUp(page, '/v1/viewers?*')
  await page.goto(running.url)
  await viewers.held
  await page.getByLabel('See the feed of').fill('eve')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.title(), SOON).toBe('Feed of eve · Freshet')
  viewers.letGo()
  await page.getByRole('button', { name: 'ada', exact: true }).waitFor()
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)))
  expect([await page.title(), new URL(page.url()).search]).toEqual(['Feed of eve · Freshet', '?viewer=eve'])
})

/** Over plain HTTP from another machine a browser does not offer this. */
const NOT_SECURE = 'delete Crypto.prototype.randomUUID'

test('a like counts where the page is not of this machine and not over HTTPS', async () => {
  const { page, complaints } = await visit({}, NOT_SECURE)
  expect(await page.evaluate(() => 'randomUUID' in crypto)).toBe(false)
  await posts(page).first().getByRole('button', { name: 'Like' }).click()
  await expect.poll(() => said(page).textContent(), SOON).toMatch(/[Ll]iked/)
  expect(complaints).toEqual([])
})

test('what is hidden is gone, and comes back when that is taken back', async () => {
  const { page } = await visit()
  const target = post(page, 'Note 2 of bea')
  await target.getByRole('button', { name: 'Hide' }).click()
  await expect.poll(() => said(page).textContent(), SOON).toMatch(/^Hidden\. The feed changed/)
  expect(await target.count()).toBe(0)
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect.poll(() => said(page).textContent(), SOON).toMatch(/^Taken back\. The feed changed/)
  expect(await page.locator('.receipt').count()).toBe(0)
})

test('a comment counts at once: the post makes room, and its author hears of it', async () => {
  const { page, running, complaints } = await visit()
  const target = post(page, 'Note 2 of bea')
  await target.getByRole('button', { name: 'Comment' }).click()
  await expect.poll(() => said(page).textContent(), SOON).toMatch(/^Commented\. The feed changed/)
  expect(await target.count()).toBe(0)
  expect(await page.locator('.receipt').textContent()).toMatch(/^Commented on bea, “Note 2 of bea\./)
  const reasons = async (): Promise<unknown[]> => {
    const { items } = await running.feed({ userId: 'bea', limit: 9, preview: 'true' })
    return items.filter(({ postId }) => postId === 'post-2').map(({ reason }) => reason.text)
  }
  await expect.poll(reasons, SOON).toEqual(['ada commented on your post since you saw it.'])
  expect(complaints).toEqual([])
})

test('to see less of one post makes all of its author go, and they come back when that is taken back', async () => {
  const { page, complaints } = await visit()
  const ofBea = post(page, 'of bea')
  const before = await ofBea.count()
  expect(before).toBeGreaterThan(1)
  await post(page, 'Note 2 of bea').getByRole('button', { name: 'See less' }).click()
  await expect
    .poll(() => said(page).textContent(), SOON)
    .toMatch(/^You will see less of this\. The feed changed/)
  expect(await ofBea.count()).toBe(0)
  expect(await posts(page).count()).toBeGreaterThan(0)
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect.poll(() => said(page).textContent(), SOON).toMatch(/^Taken back\. The feed changed/)
  expect(await ofBea.count()).toBeGreaterThan(1)
  expect(complaints).toEqual([])
})

test('pages follow each other without a post twice, until there are no more', async () => {
  const { page } = await visit()
  await page.getByRole('button', { name: 'More posts' }).click()
  await expect.poll(() => posts(page).count(), SOON).toBe(POSTS)
  expect(new Set(await texts(page)).size).toBe(POSTS)
  expect(await page.getByRole('button', { name: 'More posts' }).count()).toBe(0)
  expect(await page.evaluate<string>('document.activeElement.textContent')).toContain(
    (await texts(page))[20]!,
  )
})

test('what a later page had to go without is said, beside what the panel tells of the whole ranking', async () => {
  // No ranking is kept: a further page is ranked anew, without scorers by then.
  const running = await Running.start({ sessions: { sessionsMax: 0 } })
  await running.take(neighbourhood())
  const { page, complaints } = await openPage({})
  await page.goto(running.url)
  await posts(page).first().waitFor()
  const notices = page.locator('#notices')
  expect(await notices.textContent()).toBe('')
  const request = page.locator('#request-body')
  expect(await request.textContent()).toMatch(/Eligible, by source.*heavy model[0-9a-f]{16}, prior/)
  await running.serving.scorers.close()
  await page.getByRole('button', { name: 'More posts' }).click()
  await expect.poll(() => posts(page).count(), SOON).toBe(POSTS)
  expect(await notices.textContent()).toMatch(/served without pass 0.*served without pass 1/)
  expect(complaints).toEqual([])
})

test('a trace shows what each head adds, what multiplied the value, and the place after each pass', async () => {
  const { page, complaints } = await visit()
  const first = posts(page).first()
  const toggle = first.getByRole('button', { name: 'Why?' })
  await toggle.click()
  expect(await toggle.getAttribute('aria-expanded')).toBe('true')
  const cells = await first.getByRole('row', { name: /^like/ }).getByRole('cell').allTextContents()
  expect(cells.slice(0, 3)).toEqual([
    expect.stringMatching(/ %$/),
    '1.5',
    expect.stringMatching(/^\+0\.\d{3}$/),
  ])
  expect(await first.getByRole('list', { name: 'Place after each pass' }).textContent()).toMatch(
    /#\d+.*#\d+.*#1$/,
  )
  expect(await first.locator('.formula').textContent()).toMatch(/expected value.*= *0?\S+ score$/)
  await first.getByRole('button', { name: 'Show the features behind it' }).click()
  const filter = first.getByRole('searchbox', { name: 'Filter features' })
  await filter.fill('age_hours')
  await expect.poll(() => first.getByRole('row', { name: 'context.age_hours' }).count()).toBe(1)
  expect(complaints).toEqual([])
})

test('of a post that is not shown it says why not', async () => {
  const { page } = await visit()
  const answer = page.locator('#ask-answer')
  await page.getByLabel('Any post’s id').fill('for-friends')
  await page.getByRole('button', { name: 'Ask' }).click()
  await expect.poll(() => answer.textContent(), SOON).toMatch(/^(not found|removed)/)
  await page.getByLabel('Any post’s id').fill('post-2')
  await page.keyboard.press('Enter')
  await expect.poll(() => answer.textContent(), SOON).toMatch(/^shown/)
  // What was said of one viewer's feed is not said of another's.
  await page.getByLabel('See the feed of').fill('eve')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.title(), SOON).toBe('Feed of eve · Freshet')
  expect(await answer.textContent()).toBe('')
})

test('live figures go on: how long feeds take, and of what comes in how much there is and how soon it counts', async () => {
  const { page, running } = await visit()
  const figure = (name: string): Promise<string | null> =>
    page.locator('#live div', { hasText: name }).locator('.number').textContent()
  await expect.poll(() => figure('feed p50'), SOON).toMatch(/^[\d.]+ ms$/)
  // Figures are of the last seconds: events come in for as long as it takes to see them.
  let told = 0
  const afterAnEvent = async (name: string): Promise<string | null> => {
    await running.publish(reaction('eve', `post-${told++ % POSTS}`, 'bea', 'view'))
    return figure(name)
  }
  await expect.poll(() => afterAnEvent('events/s'), SOON).toMatch(/^(?!0(\.0)?$)[\d.,]+$/)
  await expect.poll(() => afterAnEvent('freshness'), SOON).toMatch(/^[\d.]+ m?s$/)
})

test('everything can be done by keyboard, and the focus is never lost', async () => {
  const { page } = await visit()
  const focused = (): Promise<string> =>
    page.evaluate(
      "document.activeElement.getAttribute('aria-labelledby') ?? document.activeElement.textContent",
    )
  await page.keyboard.press('Tab')
  expect(await focused()).toBe('Skip to the feed')
  await page.keyboard.press('Enter')
  await page.keyboard.press('j')
  const first = await focused()
  await page.keyboard.press('j')
  expect(await focused()).not.toBe(first)
  await page.keyboard.press('k')
  expect(await focused()).toBe(first)
  await page.keyboard.press('w')
  expect(await posts(page).first().getByRole('table').isVisible()).toBe(true)
  await page.keyboard.press('l')
  await expect.poll(() => said(page).textContent(), SOON).toMatch(/^Liked/)
  expect(await focused()).toBe('Undo')
  await page.keyboard.press('Enter')
  await expect.poll(() => said(page).textContent(), SOON).toMatch(/^Taken back/)
  expect(await page.evaluate("document.activeElement.closest('#feed') !== null")).toBe(true)
})

test('the theme is the system’s until another is chosen, which is kept', async () => {
  const { page } = await visit({ colorScheme: 'light' })
  const ground = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor')
  const light = await ground()
  await page.getByRole('radio', { name: 'Dark' }).check({ force: true })
  const dark = await ground()
  expect(dark).not.toBe(light)
  await page.reload()
  expect(await ground()).toBe(dark)
  await page.getByRole('radio', { name: 'Auto' }).check({ force: true })
  expect(await ground()).toBe(light)
})

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface AxeRun {
  readonly violations: readonly Rule[]
  readonly passes: readonly Rule[]
}

interface Rule {
  readonly id: string
  readonly nodes: readonly { readonly target: unknown }[]
}

test('in both themes, whatever is open meets WCAG 2.2 AA as far as can be checked', async () => {
  const { page } = await visit({}, AXE)
  await posts(page).nth(1).getByRole('button', { name: 'Why?' }).click()
  await posts(page).nth(1).getByRole('button', { name: 'Show the features behind it' }).click()
  await posts(page).first().getByRole('button', { name: 'Like' }).click()
  await expect.poll(() => said(page).textContent(), SOON).toMatch(/^Liked/)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await keepScreenshot(page, colorScheme)
    const tags = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']
    const { violations, passes } = await page.evaluate<AxeRun>(
      `axe.run({ runOnly: { type: 'tag', values: ${JSON.stringify(tags)} } })`,
    )
    const broken = violations.map(({ id, nodes }) => [colorScheme, id, nodes.map(({ target }) => target)])
    expect(broken).toEqual([])
    expect(passes.map(({ id }) => id)).toContain('color-contrast')
  }
})

test('from 360 pixels on nothing is wider than the screen', async () => {
  const { page } = await visit()
  await posts(page).first().getByRole('button', { name: 'Why?' }).click()
  for (const width of [360, 640, 860, 1280, 1920]) {
    await page.setViewportSize({ width, height: 900 })
    await keepScreenshot(page, `${width}-pixels`)
    const beyond = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    )
    expect([width, beyond]).toEqual([width, 0])
  }
})

test('what the server refuses is said, and the feed stays', async () => {
  const { page } = await visit()
  await page.getByLabel('See the feed of').fill('\u{1f600}'.repeat(30))
  await page.keyboard.press('Enter')
  await expect.poll(() => page.getByRole('alert').count(), SOON).toBe(1)
  expect(await page.getByRole('alert').textContent()).toContain('userId')
})

test('a server that asks for a token is told it, once for the tab', async () => {
  const token = 'a-token-of-more-than-thirty-two-characters'
  const running = await Running.start({ token })
  await running.take(neighbourhood())
  const { page } = await openPage({})
  await page.goto(running.url)
  const dialog = page.getByRole('dialog', { name: 'This server asks for a token' })
  await dialog.getByLabel('Token').fill('not the token of this server, but as long')
  await page.keyboard.press('Enter')
  await dialog.getByLabel('Token').fill(token)
  await keepScreenshot(page, 'token')
  await dialog.getByRole('button', { name: 'Use it' }).click()
  await posts(page).first().waitFor()
  await page.reload()
  await posts(page).first().waitFor()
  expect(await dialog.count()).toBe(0)
})
