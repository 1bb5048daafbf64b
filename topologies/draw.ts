import { writePage } from '../schemas/pages.ts'
import { FEATURES_PAGE, featuresPage } from './features-page.ts'
import { everything, topologies } from './index.ts'
import { commitPicture, picturesOf } from './pictures.ts'

/**
 * `npm run draw`: writes the pictures and the page of features anew. A changed picture needs a note on how running state
 * moves over.
 */
for (const topology of [...topologies, everything]) picturesOf(topology).forEach(commitPicture)

await writePage(FEATURES_PAGE, await featuresPage())
