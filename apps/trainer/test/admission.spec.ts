import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Report } from '../src/task.ts'
import { runProgram, type Program } from './support/processes.ts'

const TOKEN_COMMAND = '../../../packages/node/src/token-command/main.ts'
const SETTINGS = ['--steps', '6', '--batch', '16', '--json', '--run', 'club']

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daa-trainer-'))
})
afterEach(() => rm(folder, { recursive: true }))

const inFolder = (name: string): string => join(folder, name)

/** What a program prints that ends by itself. */
async function printed(file: string, args: readonly string[]): Promise<string> {
  await using program = runProgram(file, args)
  const end = await program.ended
  expect({ ...end, stderr: program.output.stderr }).toMatchObject({ code: 0, stderr: '' })
  return program.output.stdout.trim()
}

async function save(name: string, text: string): Promise<string> {
  await writeFile(inFolder(name), text, { mode: 0o600 })
  return inFolder(name)
}

/** A key file and a token for it, as a user makes them. */
async function invite(name: string, run: string): Promise<string[]> {
  const identity = inFolder(`${name}.key`)
  const peer = await printed(TOKEN_COMMAND, ['key', identity])
  const issued = ['issue', '--key', inFolder('owner.key'), '--run', run, '--peer', peer]
  const token = await printed(TOKEN_COMMAND, [...issued, '--days', '1'])
  const file = await save(`${name}.token`, `${token}\n`)
  return ['--identity', identity, '--token-file', file]
}

async function expectTrained(programs: readonly Program[]): Promise<void> {
  const ends = await Promise.all(programs.map(({ ended }) => ended))
  expect(ends.map(({ code }) => code)).toEqual(programs.map(() => 0))
  const reports = programs.map(
    ({ output }) => JSON.parse(output.stdout.trimEnd().split('\n').at(-1) ?? '') as Report
  )
  for (const report of reports) expect(report).toMatchObject({ rounds: 6, participants: 2 })
  expect(new Set(reports.map(({ digest }) => digest)).size).toBe(1)
}

/** A stranger is told why not, while the two who may are training; then it is stopped. */
async function expectRefused(stranger: Program, reason: RegExp): Promise<void> {
  await stranger.saw(reason)
  stranger.process.kill('SIGINT')
  expect((await stranger.ended).code).toBe(130)
  expect(stranger.output.stderr).not.toMatch(/^club +\d+\//m)
}

describe('a run that not everybody may join', () => {
  it('by tokens trains those who have one, and tells the others why not', async () => {
    const owner = await printed(TOKEN_COMMAND, ['key', inFolder('owner.key')])
    const run = await printed('main.ts', [...SETTINGS, '--shard', '0/2', '--show-run'])
    expect(run).toMatch(/^club\/[\da-f]{12}$/)
    const settings = [...SETTINGS, '--owner', owner]
    const [one, other] = [await invite('one', run), await invite('other', run)]
    await using first = runProgram('main.ts', [...settings, ...one, '--shard', '0/2'])
    const [, address = ''] = await first.saw(/^listening on (\S+)$/m)
    const there = ['--shard', '1/2', '--bootstrap', address]
    await using stranger = runProgram('main.ts', [...SETTINGS, ...there])
    await expectRefused(stranger, /^12D3\w+ does not let this peer in: .*needs a membership token/m)
    await using second = runProgram('main.ts', [...settings, ...other, ...there])
    await expectTrained([first, second])
  })

  it('by a secret trains those who have it', async () => {
    const ours = ['--key-file', await save('ours', `${'5a'.repeat(32)}\n`)]
    const theirs = ['--key-file', await save('theirs', 'a5'.repeat(32))]
    await using first = runProgram('main.ts', [...SETTINGS, ...ours, '--shard', '0/2'])
    const [, address = ''] = await first.saw(/^listening on (\S+)$/m)
    const there = ['--shard', '1/2', '--bootstrap', address]
    await using stranger = runProgram('main.ts', [...SETTINGS, ...theirs, ...there])
    // neither learns of the other's key more than that it is another one
    await expectRefused(stranger, /^still waiting for 1 more .* not reached: 12D3.*pre-shared key/m)
    await using second = runProgram('main.ts', [...SETTINGS, ...ours, ...there])
    await expectTrained([first, second])
  })

  it('by a list trains those on it', async () => {
    const peers: string[] = []
    for (const name of ['one', 'other']) {
      peers.push(await printed(TOKEN_COMMAND, ['key', inFolder(name)]))
    }
    const listed = [...SETTINGS, ...peers.flatMap((peer) => ['--allow', peer])]
    const one = ['--identity', inFolder('one'), '--shard', '0/2']
    await using first = runProgram('main.ts', [...listed, ...one])
    const [, address = ''] = await first.saw(/^listening on (\S+)$/m)
    const there = ['--shard', '1/2', '--bootstrap', address]
    await using stranger = runProgram('main.ts', [...SETTINGS, ...there])
    await expectRefused(stranger, /^12D3\w+ does not let this peer in: .*not on the list/m)
    const other = ['--identity', inFolder('other')]
    await using second = runProgram('main.ts', [...listed, ...other, ...there])
    await expectTrained([first, second])
  })

  it('is not joined with a token for another run', async () => {
    const owner = await printed(TOKEN_COMMAND, ['key', inFolder('owner.key')])
    const token = await invite('one', 'club/000000000000')
    const flags = [...SETTINGS, '--shard', '0/2', '--owner', owner, ...token]
    await using program = runProgram('main.ts', flags)
    expect(await program.ended).toEqual({ code: 1, signal: null })
    expect(program.output.stderr).toMatch(
      /^AdmissionError TOKEN_REFUSED: .*its token is for another run$/m
    )
  })

  it.each([
    [['--owner', 'x'], /^TrainerError BAD_ADMISSION: .*add --token-file/m],
    [['--token-file', 'x'], /^TrainerError BAD_ADMISSION: .*add --owner/m],
    [['--owner', 'x', '--token-file', 'x'], /^TrainerError BAD_ADMISSION: .*add --identity/m],
    [['--key-file', '/nowhere/key'], /^TrainerError UNREADABLE: cannot read \/nowhere\/key/m],
    [['--key-file', '/dev/null'], /^NodeError BAD_CONFIG: admission\.key/m],
    [['--allow', 'bob'], /^NodeError BAD_CONFIG: admission\.allow/m],
    [['--allow', 'x', '--key-file', 'x'], /'--allow <peer>' cannot be used with .*'--key-file/],
    [['--owner', 'x', '--allow', 'x'], /'--owner <peer>' cannot be used with .*'--allow/]
  ])('tells in a line what is wrong with %j', async (args, line) => {
    await using program = runProgram('main.ts', ['--shard', '0/1', ...args])
    expect(await program.ended).toEqual({ code: 1, signal: null })
    expect(program.output.stderr).toMatch(line)
    expect(program.output.stderr).not.toMatch(/^\s+at /m)
  })

  it('is in the help', async () => {
    const help = await printed('main.ts', ['--help'])
    for (const flag of ['--owner', '--token-file', '--allow', '--key-file', '--show-run']) {
      expect(help).toContain(flag)
    }
  })
})
