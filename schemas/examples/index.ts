import { contract } from '../contract.ts'
import { exampleV1 } from './v1.ts'
import { exampleV2 } from './v2.ts'
import { exampleV3 } from './v3.ts'
import { exampleV4 } from './v4.ts'

export const examples = contract({
  topic: 'examples',
  about: 'Impressions joined to the reactions that followed: what models learn from.',
  visibility: 'internal',
  ordinal: 9,
  keyAbout: 'userId',
  keyOf: (example) => example.userId,
  timeOf: (example) => example.at,
  newest: { version: 4, record: exampleV4 },
  older: [
    { version: 1, record: exampleV1 },
    { version: 2, record: exampleV2 },
    { version: 3, record: exampleV3 },
  ],
})

export { EXAMPLE_PHASES, type ExampleLabel, type ExamplePhase, LABELS_MAX } from './v1.ts'
export * from './v4.ts'
