import { readFile } from 'node:fs/promises'
import type { AdmissionOption } from '@daa-compute/node'
import { Option } from 'commander'
import { TrainerError } from './errors.ts'
import { collect } from './flags.ts'

/** What the flags about admission come to. */
export interface AdmissionFlags {
  readonly owner?: string
  readonly tokenFile?: string
  readonly allow?: readonly string[]
  readonly keyFile?: string
  readonly identity?: string
}

/** Flags of a run that not everybody may join, in the order of the help. */
export function admissionFlags(): Option[] {
  return [
    new Option(
      '--owner <peer>',
      'only peers with a token of this owner, issued by daa-token'
    ).conflicts(['allow', 'keyFile']),
    new Option(
      '--token-file <path>',
      'a file with the token of this peer, who it is says --identity'
    ).conflicts(['allow', 'keyFile']),
    new Option('--allow <peer>', 'only these peers; can be repeated')
      .argParser(collect)
      .conflicts('keyFile'),
    new Option(
      '--key-file <path>',
      'only peers with the same secret: 64 hexadecimal digits in a file'
    )
  ]
}

/**
 * Who may take part, as the flags have it.
 *
 * @returns `undefined` for everybody
 * @throws {TrainerError} `BAD_ADMISSION`, `UNREADABLE`
 */
export async function readAdmission({
  owner,
  tokenFile,
  allow,
  keyFile,
  identity
}: AdmissionFlags): Promise<AdmissionOption | undefined> {
  if (allow !== undefined) return { allow }
  if (keyFile !== undefined) return { key: await readSecret(keyFile) }
  if (owner === undefined && tokenFile === undefined) return undefined
  if (owner === undefined) throw incomplete('--owner', 'whose tokens count')
  if (tokenFile === undefined) throw incomplete('--token-file', 'the token of this peer')
  if (identity === undefined) throw incomplete('--identity', 'the key of the peer in the token')
  return { owner, token: await readSecret(tokenFile) }
}

function incomplete(flag: string, meaning: string): TrainerError<'BAD_ADMISSION'> {
  const message = `a run of an owner takes --owner, --token-file and --identity: add ${flag}, ${meaning}`
  return new TrainerError('BAD_ADMISSION', message, { missing: flag })
}

/** Secrets are in files, because all users of a machine see the flags of all processes. */
async function readSecret(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (cause) {
    const message = `cannot read ${path}: check its path and permissions`
    throw new TrainerError('UNREADABLE', message, { path }, { cause })
  }
}
