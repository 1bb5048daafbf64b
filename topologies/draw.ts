import { mkdirSync, writeFileSync } from 'node:fs'
import { FEATURES_PAGE, featuresPage } from './features-page.ts'
import { everything, topologies } from './index.ts'
import { commitPicture, picturesOf } from './pictures.ts'

/**
 * `npm run draw`: writes the pictures and the page of features anew. A changed picture needs a note on how running state
 * moves over.
 */
for (const topology of [...topologies, everything]) picturesOf(topology).forEach(commitPicture)

const page = new URL(`../${FEATURES_PAGE}`, import.meta.url)
mkdirSync(new URL('.', page), { recursive: true })
writeFileSync(page, await featuresPage())
