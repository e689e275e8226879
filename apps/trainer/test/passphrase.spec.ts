import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runProgram } from './support/processes.ts'

const TOKEN_COMMAND = '../../../packages/node/src/token-command/main.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daa-trainer-'))
})
afterEach(() => rm(folder, { recursive: true }))

it('is who the key under a passphrase says, as daa-token makes it, and nobody else', async () => {
  const identity = join(folder, 'peer.key')
  const [right, wrong] = ['correct horse', 'battery staple'].map((passphrase) => ({
    DAA_PASSPHRASE: passphrase
  }))
  await using maker = runProgram(TOKEN_COMMAND, ['key', identity], right)
  expect((await maker.ended).code).toBe(0)
  const peer = maker.output.stdout.trim()

  const args = ['--shard', '0/2', '--identity', identity]
  await using guesser = runProgram('main.ts', args, wrong)
  expect((await guesser.ended).code).toBe(1)
  expect(guesser.output.stderr).toContain('IdentityError WRONG_PASSPHRASE')

  await using owner = runProgram('main.ts', args, right)
  await owner.saw(new RegExp(`listening on .*${peer}`))
})
