import { DaaError } from '@daa-compute/interface'
import { Command, CommanderError, Option } from 'commander'
import {
  type Console,
  type InspectFlags,
  inspect,
  issue,
  type IssueFlags,
  key,
  type KeyFlags,
  revoke,
  type RevokeFlags
} from './actions.ts'
import { parseDays, parsePeer, parseTime } from './flags.ts'

/** A command line, taken apart and carried out. */
export interface TokenProgram {
  /** @returns the exit status: 0, or 1 after a complaint */
  run(words: readonly string[]): Promise<number>
}

/** `daa-token`: who may join a run, decided by whoever holds the owner's key. */
export function createTokenProgram(console: Console): TokenProgram {
  return {
    async run(words) {
      try {
        await commandOf(console).parseAsync(words, { from: 'user' })
        return 0
      } catch (error) {
        if (error instanceof CommanderError) return error.exitCode
        if (!(error instanceof DaaError)) throw error
        console.complain(`error: ${error.message}\n`)
        return 1
      }
    }
  }
}

function commandOf(console: Console): Command {
  const program = new Command('daa-token')
    .description(
      'Issues, inspects and revokes the membership tokens of a run, offline.\n\n' +
        'A run belongs to whoever holds the key that its peers name as owner. Each peer has a key of its own.\n' +
        'Keys may be encrypted: the passphrase is read from --passphrase-file or from DAA_PASSPHRASE.'
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => console.print(text.trimEnd()),
      writeErr: (text) => console.complain(text)
    })

  program
    .command('key')
    .description('prints the peer id of a key file, which is made if it is not there')
    .argument('<file>', 'where the key is kept')
    .addOption(passphraseFile())
    .action((file: string, flags: KeyFlags) => key(console, file, flags))

  program
    .command('issue')
    .description('prints a token that lets a peer into a run')
    .requiredOption('--key <file>', "the owner's key")
    .requiredOption('--run <name>', 'the run')
    .requiredOption('--peer <id>', 'who is let in', parsePeer)
    .option('--role <name>', 'as what', 'trainer')
    .addOption(
      new Option('--days <count>', 'for how long, at most 400').argParser(parseDays).default(30)
    )
    .addOption(
      new Option('--expires <time>', 'until when, as 2027-01-31 or 2027-01-31T12:00Z').argParser(
        parseTime
      )
    )
    .addOption(passphraseFile())
    .action((flags: IssueFlags) => issue(console, flags))

  program
    .command('inspect')
    .description('says what a token or a revocation says, and whether its signature is good')
    .argument('<text>', 'a text that begins with daat_ or daar_')
    .option('--json', 'for programs', false)
    .action((text: string, flags: InspectFlags) => inspect(console, text, flags))

  program
    .command('revoke')
    .description(
      'prints a revocation of all tokens issued so far; give it to any member, as run.revoke(text)'
    )
    .requiredOption('--key <file>', "the owner's key")
    .requiredOption('--run <name>', 'the run')
    .addOption(new Option('--peer <id>', 'whose tokens').argParser(parsePeer))
    .addOption(new Option('--everyone', 'all tokens of the run').conflicts('peer'))
    .addOption(passphraseFile())
    .action((flags: RevokeFlags) => {
      if (flags.peer === undefined && flags.everyone !== true) {
        program.error('error: say whom to revoke: --peer <id>, or --everyone')
      }
      return revoke(console, flags)
    })

  // they are made before the settings of the program are
  for (const command of program.commands) {
    command.copyInheritedSettings(program)
  }
  return program
}

function passphraseFile(): Option {
  return new Option('--passphrase-file <path>', 'a file whose first line is the passphrase')
}
