import { Command } from 'commander'
import { configOption, serviceOptions, type SettingOptions, settingsOf } from '../config/options.ts'
import { settingLines, shownSettings } from '../config/show.ts'
import { print, printJson } from '../terminal.ts'
import { examples, jsonOption } from './options.ts'

const ABOUT =
  'Shows every setting, its value and where that comes from: an option, the environment, the file, or the default.\n\n' +
  'A setting such as kafka.clientId is FRESHET_KAFKA_CLIENT_ID in the environment, which wins over the file. ' +
  'Secrets come from the environment alone, and are not shown.'

interface ConfigOptions extends SettingOptions {
  readonly verbose?: true
  readonly json?: boolean
}

export const configCommand = (): Command => {
  const command = new Command('config')
    .summary('Shows the settings in force.')
    .description(ABOUT)
    .addOption(configOption())
    .option('--verbose', 'says what each setting is for, too')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'freshet config',
        'freshet config --verbose',
        'FRESHET_KAFKA_BROKERS=localhost:9092 freshet config --json',
      ),
    )
    .action(async (options: ConfigOptions) => {
      const configured = await settingsOf(options)
      const shown = shownSettings(configured)
      if (options.json) printJson({ file: configured.file, settings: shown })
      else print([`file: ${configured.file ?? 'none'}`, ...settingLines(shown, options.verbose)].join('\n'))
    })
  for (const option of serviceOptions()) command.addOption(option)
  return command
}
