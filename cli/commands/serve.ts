import { Command, Option } from 'commander'
import { configOption, serviceOptions, type SettingOptions, settingsOf } from '../config/options.ts'
import { examples } from './options.ts'

interface ServeOptions extends SettingOptions {
  readonly port?: string
  readonly host?: string
}

export const serveCommand = (): Command => {
  const command = new Command('serve')
    .summary('Serves feeds and takes events, with Kafka and Redis behind it.')
    .description(
      'Takes events over HTTP to Kafka and answers feeds from rows on Redis, which `freshet worker` keeps up to date. ' +
        'As many of them run as are needed.\n\nSettings come from a file and the environment: see `freshet config`.',
    )
    .addOption(configOption())
    .addOption(new Option('--port <n>', 'port; 0 finds a free one'))
    .addOption(new Option('--host <address>', 'address to listen on'))
    .addHelpText(
      'after',
      examples(
        'freshet serve',
        'freshet serve --kafka localhost:9092 --redis redis://localhost:6379 --registry http://localhost:8081',
      ),
    )
    .action(async ({ port, host, ...options }: ServeOptions) => {
      const { settings } = await settingsOf(options, { 'serving.port': port, 'serving.host': host })
      const { serve } = await import('../serve.ts')
      await serve(settings)
    })
  for (const option of serviceOptions()) command.addOption(option)
  return command
}
