import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeEach, onTestFinished } from 'vitest'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Named by `CHROMIUM_PATH`, or the first on the path. */
const findChromium = (): string | undefined => {
  const named = process.env['CHROMIUM_PATH']
  if (named !== undefined) return named
  const directories = (process.env['PATH'] ?? '').split(delimiter)
  return directories.flatMap((directory) => NAMES.map((name) => join(directory, name))).find(isExecutable)
}

let browser: Browser | undefined

/** One browser for all tests of a file. They are skipped on a machine without Chromium; a build machine must have it. */
export const useChromium = (): void => {
  beforeEach(async ({ skip }) => {
    const executablePath = findChromium()
    if (executablePath !== undefined) {
      browser ??= await chromium.launch({ executablePath, args: FLAGS })
      return
    }
    const why = 'there is no Chromium: install it, or name one in CHROMIUM_PATH'
    if (process.env['CI'] === 'true') throw new Error(why)
    skip(why)
  })
  afterAll(() => browser?.close())
}

export interface Screen {
  readonly width: number
  readonly height: number
  readonly colorScheme: 'light' | 'dark'
  readonly reducedMotion: 'reduce' | 'no-preference'
}

const SCREEN: Screen = { width: 1280, height: 900, colorScheme: 'light', reducedMotion: 'reduce' }

export interface OpenedPage {
  readonly page: Page
  /** What the browser complained of: errors on the console, uncaught ones, breaches of the policy. */
  readonly complaints: readonly string[]
}

/** A page that shares nothing with others, closed after the test. `script` runs before the page's own. */
export const openPage = async (screen: Partial<Screen> = {}, script?: string): Promise<OpenedPage> => {
  const { width, height, ...media } = { ...SCREEN, ...screen }
  const context = await browser!.newContext({ viewport: { width, height }, ...media })
  onTestFinished(() => context.close())
  if (script !== undefined) await context.addInitScript(script)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return { page, complaints }
}

/** For people to look at, into the directory that `FRESHET_SCREENSHOTS` names; nothing without one. */
export const keepScreenshot = async (page: Page, name: string): Promise<void> => {
  const directory = process.env['FRESHET_SCREENSHOTS']
  if (directory !== undefined) await page.screenshot({ path: join(directory, `${name}.png`) })
}
