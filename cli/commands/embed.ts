import { Command } from 'commander'
import type { EmbedCommandOptions } from '../embed/run.ts'
import { examples, jsonOption } from './options.ts'

export const embedCommand = (): Command =>
  new Command('embed')
    .summary('Gives posts in a file of events vectors by a text model.')
    .description(
      'Fills `contentEmbedding` of posts that have text and no vector of their own, before they are published.\n\n' +
        'FILE is NDJSON as for `freshet replay`, or gzip of it (.gz). DIR holds model.onnx and vocab.txt, as ' +
        'encoders of the BERT family are exported. All other lines are written as they are; those that ' +
        '`freshet replay` would refuse are named, and written too unless they are longer than is read.',
    )
    .argument('<file>', 'NDJSON, or .gz of it')
    .requiredOption('--model <dir>', 'directory of the model')
    .requiredOption('--out <file>', 'NDJSON to write, or .gz of it; a file that is there is replaced')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('freshet embed travel.ndjson --model all-MiniLM-L6-v2 --out embedded.ndjson'),
    )
    .action(async (file: string, options: EmbedCommandOptions) => {
      const { runEmbed } = await import('../embed/run.ts')
      await runEmbed(file, options)
    })
