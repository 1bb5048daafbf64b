import { OnnxEmbedder } from '../../models/text/onnx-embedder.ts'
import { assertReadable } from '../intake/event-file.ts'
import { tellRefusals } from '../intake/telling.ts'
import { systemClock } from '../runtime/clock.ts'
import { grouped, print, printJson, Progress } from '../terminal.ts'
import { embedFile, type EmbedProgress, type EmbedResult } from './embed.ts'

export interface EmbedCommandOptions {
  /** Directory of the model. */
  readonly model: string
  readonly out: string
  readonly json?: boolean
}

/** What `freshet embed` does: writes a file with vectors, tells how it goes, and how it went. */
export const runEmbed = async (file: string, options: EmbedCommandOptions): Promise<void> => {
  await assertReadable(file)
  const embedder = await OnnxEmbedder.open(options.model)
  const progress = new Progress(() => systemClock.monotonicMs())
  try {
    const result = await embedFile({
      file,
      out: options.out,
      embedder,
      clock: systemClock,
      onRefused: tellRefusals(progress),
      onProgress: (now) => progress.update(() => standing(now)),
    })
    progress.clear()
    if (options.json) printJson(result)
    else print(summary(result, options.out))
  } finally {
    progress.clear()
    await embedder.dispose()
  }
}

const standing = ({ lines, embedded, textsPerSecond }: EmbedProgress): string =>
  `${grouped(lines)} lines · ${grouped(embedded)} embedded · ${grouped(textsPerSecond)} texts/s`

const summary = (result: EmbedResult, out: string): string => {
  const { lines, embedded, passed_over, refused, dimensions, seconds } = result
  return [
    `${grouped(lines)} lines read, written to ${out} in ${seconds} s`,
    `embedded     ${grouped(embedded)}, by vectors of ${grouped(dimensions)} dimensions`,
    `passed over  ${grouped(passed_over)}, as they were`,
    `refused      ${grouped(refused)}`,
  ].join('\n')
}
