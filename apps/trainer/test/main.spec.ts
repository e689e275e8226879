import { describe, expect, it } from 'vitest'
import type { Report } from '../src/task.ts'
import { runProgram, type Program } from './support/processes.ts'

function reportOf({ output }: Program): Report {
  return JSON.parse(output.stdout.trimEnd().split('\n').at(-1) ?? '') as Report
}

describe('a peer of the command line', () => {
  it('trains with another that knows its address', async () => {
    const flags = ['--steps', '12', '--batch', '16', '--json', '--run', 'pair']
    await using first = runProgram('main.ts', [...flags, '--shard', '0/2'])
    const [, address = ''] = await first.saw(/^listening on (\S+)$/m)
    await using second = runProgram('main.ts', [
      ...flags,
      ...['--shard', '1/2', '--bootstrap', address]
    ])
    const ends = await Promise.all([first.ended, second.ended])
    expect(ends).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null }
    ])
    const [one, other] = [reportOf(first), reportOf(second)]
    expect(one).toMatchObject({ rounds: 12, participants: 2, digits: [0, 2, 4, 6, 8] })
    expect(other).toMatchObject({ rounds: 12, participants: 2, digits: [1, 3, 5, 7, 9] })
    expect(other.digest).toBe(one.digest)
    expect(one.bytesSent).toBeGreaterThan(12 * 101_770)
    expect(one.links).toMatchObject([{ peer: other.self, transport: 'tcp', relayed: false }])
    expect(other.links).toMatchObject([{ peer: one.self, encryption: one.links[0]?.encryption }])
    expect(one.links[0]?.bytesSent).toBeGreaterThan(one.bytesSent)
  })

  it('goes on when another is killed', async () => {
    const flags = ['--steps', '400', '--batch', '8', '--json', '--run', 'churn', '--shard']
    await using first = runProgram('main.ts', [...flags, '0/3'])
    const [, address = ''] = await first.saw(/^listening on (\S+)$/m)
    await using second = runProgram('main.ts', [...flags, '1/3', '--bootstrap', address])
    await using third = runProgram('main.ts', [...flags, '2/3', '--bootstrap', address])
    await first.saw(/^churn +1\/.* 3 peers/m)
    third.process.kill('SIGKILL')
    expect([(await first.ended).code, (await second.ended).code]).toEqual([0, 0])
    expect(reportOf(first)).toMatchObject({ rounds: 400, participants: 2 })
    expect(reportOf(second).digest).toBe(reportOf(first).digest)
  })

  it('takes over the state of the others when it comes late', async () => {
    const flags = ['--steps', '400', '--batch', '8', '--json', '--run', 'going', '--shard']
    await using first = runProgram('main.ts', [...flags, '0/2'])
    const [, address = ''] = await first.saw(/^listening on (\S+)$/m)
    await using second = runProgram('main.ts', [...flags, '1/2', '--bootstrap', address])
    await second.saw(/^going +1\//m)
    await using late = runProgram('main.ts', [...flags, '0/2', '--bootstrap', address])
    const [, step] = await late.saw(/^took over the state of the others at step (\d+)$/m)
    expect(Number(step)).toBeGreaterThan(0)
    const peers = [first, second, late]
    expect((await Promise.all(peers.map(({ ended }) => ended))).map(({ code }) => code)).toEqual([
      0, 0, 0
    ])
    expect(new Set(peers.map((peer) => reportOf(peer).digest)).size).toBe(1)
  })

  it('does not train with those of other settings, and says what may be wrong', async () => {
    const flags = ['--steps', '2', '--run', 'apart']
    await using first = runProgram('main.ts', [...flags, '--shard', '0/2', '--seed', '1'])
    const [, address = ''] = await first.saw(/^listening on (\S+)$/m)
    await using second = runProgram('main.ts', [
      ...[...flags, '--shard', '1/2', '--seed', '2', '--bootstrap', address]
    ])
    const hint =
      /^still waiting for 1 more in the run (apart\/\w+) \(1 connected.*--seed.*the same on all/m
    const runs = await Promise.all([first.saw(hint), second.saw(hint)])
    expect(runs[0][1]).not.toBe(runs[1][1])
    for (const { process: running } of [first, second]) running.kill('SIGINT')
    expect([(await first.ended).code, (await second.ended).code]).toEqual([130, 130])
  })

  it('says at once when it is left alone, and ends soon', async () => {
    const flags = ['--steps', '100000', '--batch', '8', '--run', 'left', '--shard']
    await using first = runProgram('main.ts', [...flags, '0/2'])
    const [, address = ''] = await first.saw(/^listening on (\S+)$/m)
    await using second = runProgram('main.ts', [...flags, '1/2', '--bootstrap', address])
    await first.saw(/^left +1\//m)
    second.process.kill('SIGINT')
    expect((await second.ended).code).toBe(130)
    await first.saw(/^left +1\/[^]*^1 of 2 peers are here$/m)
    expect((await first.ended).code).toBe(1)
    expect(first.output.stderr).toMatch(/^TrainerError PEERS_GONE: only 1 of at least 2 peers/m)
  })

  it.each(['stdout', 'stderr'] as const)('ends quietly when nobody reads its %s', async (name) => {
    await using program = runProgram('main.ts', ['--shard', '0/1', '--steps', '2', '--batch', '8'])
    program.process[name]?.destroy()
    expect(await program.ended).toEqual({ code: 141, signal: null })
    expect(program.output.stderr).not.toMatch(/EPIPE|^\s+at /m)
  })

  it('leaves on SIGINT while it waits for others', async () => {
    await using program = runProgram('main.ts', ['--shard', '0/2', '--run', 'lonely'])
    await program.saw(/^listening on/m)
    program.process.kill('SIGINT')
    expect(await program.ended).toEqual({ code: 130, signal: null })
    expect(program.output.stderr).toMatch(/^TrainerError INTERRUPTED: stopped by SIGINT$/m)
  })

  it.each([
    [[], /required option '--shard <i\/n>'/],
    [['--shard', '4/4'], /'4\/4' is invalid.*like 0\/4/],
    [['--shard', '0/1', '--algorithm', 'gossip'], /Allowed choices are auto, ring/],
    [['--shard', '0/1', '--codec', 'morse'], /'morse' is invalid.*use one of float32/],
    [['--shard', '0/1', '--run', ''], /1 to 100 bytes/],
    [['--shard', '0/9', '--min-peers', '5', '--peers', '1'], /--min-peers 5 is more than the 1/],
    [['--shard', '0/2', '--min-peers', '3'], /--min-peers 3 is more than the 2/],
    [['--shard', '0/1', '--bootstrap', 'nowhere'], /^\w+ \w+: .*nowhere/m],
    [['--shard', '0/1', '--listen', 'nowhere'], /^\w+ \w+: .*nowhere/m],
    [['--shard', '0/1', '--listen', '/ip4/192.0.2.1/tcp/0'], /^\w+ \w+: .*192\.0\.2\.1/m]
  ])('tells in a line what is wrong with %j', async (args, line) => {
    await using program = runProgram('main.ts', args)
    expect(await program.ended).toEqual({ code: 1, signal: null })
    expect(program.output.stderr).toMatch(line)
    expect(program.output.stderr).not.toMatch(/^\s+at /m)
    expect(program.output.stdout).toBe('')
  })
})
