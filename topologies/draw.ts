import { everything, topologies } from './index.ts'
import { commitPicture, picturesOf } from './pictures.ts'

/** `npm run draw`: writes the pictures anew. A changed picture needs a note on how running state moves over. */
for (const topology of [...topologies, everything]) picturesOf(topology).forEach(commitPicture)
