import { bodyCases } from './requests/bodies.ts'
import type { RequestCase } from './requests/case.ts'
import { feedCases } from './requests/feeds.ts'
import { adminCases, routeCases } from './requests/routes.ts'
import { wireCases } from './requests/wire.ts'

/** Every bad request made by hand, with what must come back; and good ones that look bad. */
export const requestCases = (): readonly RequestCase[] => [
  ...feedCases(),
  ...routeCases(),
  ...adminCases(),
  ...bodyCases(),
  ...wireCases(),
]
