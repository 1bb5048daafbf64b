import { Command } from 'commander'
import { configOption, serviceOptions, type SettingOptions, settingsOf } from '../config/options.ts'
import { settingLines, shownSettings } from '../config/show.ts'
import { print, printJson } from '../terminal.ts'
import { examples, jsonOption } from './options.ts'

const ABOUT =
  'Shows every setting, its value and where that comes from: an option, the environment, the file, or the default.\n\n' +
  'A setting such as kafka.clientId is FRESHET_KAFKA_CLIENT_ID in the environment, which wins over the file. ' +
  'Secrets come from the environment alone, and are not shown.'

export const configCommand = (): Command => {
  const command = new Command('config')
    .summary('shows the settings in force')
    .description(ABOUT)
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('freshet config', 'FRESHET_KAFKA_BROKERS=localhost:9092 freshet config --json'),
    )
    .action(async (options: SettingOptions & { readonly json?: boolean }) => {
      const configured = await settingsOf(options)
      const shown = shownSettings(configured)
      if (options.json) printJson({ file: configured.file, settings: shown })
      else print([`file: ${configured.file ?? 'none'}`, ...settingLines(shown)].join('\n'))
    })
  for (const option of serviceOptions()) command.addOption(option)
  return command
}
