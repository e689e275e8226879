import { describe, expect, it } from 'vitest'
import { isSuccess, type JobSummary } from '../src/summary.ts'
import { isAlive, runProgram, type Program } from './support/processes.ts'

/** A run that is far from its end when the test acts. */
const LONG = ['--steps', '100000', '--batch', '8']

/** The children, once the swarm trains. */
async function training(program: Program): Promise<number[]> {
  await program.saw(/^swarm +1\//m)
  const lines = program.output.stderr.matchAll(/^peer \d is process (\d+)$/gm)
  return Array.from(lines, ([, pid]) => Number(pid))
}

describe('npm start', () => {
  it('ends with one JSON object that says what the swarm came to', async () => {
    await using program = runProgram('start.ts', ['--steps', '60', '--seed', '3', '--json'])
    expect(await program.ended).toEqual({ code: 0, signal: null })
    const summary: unknown = JSON.parse(program.output.stdout.trimEnd().split('\n').at(-1) ?? '')
    expect(summary).toEqual({
      peers: 4,
      rounds: 60,
      accuracy: expect.closeTo(0.92, 1),
      soloAccuracy: expect.closeTo(0.29, 1),
      centralAccuracy: expect.closeTo(0.92, 1),
      parametersIdentical: true,
      links: expect.any(Array),
      bytesSent: expect.any(Number),
      bytesSentFloat32: 60 * 2 * 3 * 101_770 * 4,
      seconds: expect.any(Number)
    })
    const direct = { transport: 'tcp', relayed: false }
    expect((summary as JobSummary).links).toMatchObject([
      { peers: [0, 1], ...direct },
      { peers: [0, 2], ...direct },
      { peers: [0, 3], ...direct },
      { peers: [1, 2], ...direct },
      { peers: [1, 3], ...direct },
      { peers: [2, 3], ...direct }
    ])
    const { bytesSent, bytesSentFloat32, seconds } = summary as Record<string, number>
    expect(bytesSent).toBeGreaterThan((bytesSentFloat32 ?? 0) / 4)
    expect(bytesSent).toBeLessThan((bytesSentFloat32 ?? 0) / 3.5)
    expect(seconds).toBeGreaterThan(0)
  })

  it('comes to one model with every network on a thread of its own', async () => {
    const flags = ['--peers', '2', '--steps', '30', '--codec', 'powersgd:2', '--thread', '--json']
    await using program = runProgram('start.ts', flags)
    expect(await program.ended).toEqual({ code: 0, signal: null })
    const summary: unknown = JSON.parse(program.output.stdout.trimEnd().split('\n').at(-1) ?? '')
    expect(summary).toMatchObject({ peers: 2, rounds: 30, parametersIdentical: true })
  })

  it('comes to one good model though peers are killed, stopped and started again', async () => {
    const args = ['--chaos', '--steps', '250', '--batch', '64', '--json']
    await using program = runProgram('start.ts', args)
    const ended = await program.ended
    const summary = JSON.parse(
      program.output.stdout.trimEnd().split('\n').at(-1) ?? ''
    ) as JobSummary
    expect(summary).toMatchObject({ rounds: 250, parametersIdentical: true })
    // so few steps do not always make up for what was missed
    expect(ended).toEqual({ code: isSuccess(summary, 'int8') ? 0 : 1, signal: null })
    expect(Math.abs(summary.accuracy - (summary.calmAccuracy ?? 0))).toBeLessThan(0.05)
    const { faults = [] } = summary
    const kinds = new Set(faults.map(({ kind }) => kind))
    expect(kinds.has('join')).toBe(true)
    expect(kinds.size).toBeGreaterThan(1)
    expect(summary.peers).toBe(5)
    for (const { kind, wasBehind, step, backAt } of faults) {
      expect(backAt).toBeGreaterThanOrEqual(step)
      if (kind !== 'freeze') expect(wasBehind).toBe(true)
    }
    // one was stopped for so long that it took over the state, and its process is the same to the end
    const thawed = faults.filter(({ kind, wasBehind }) => kind === 'freeze' && wasBehind)
    const killed = new Set(faults.flatMap(({ kind, peer }) => (kind === 'kill' ? [peer] : [])))
    expect(thawed.some(({ peer }) => !killed.has(peer))).toBe(true)
    // what the dead had sent is not forgotten
    const { bytesSent, bytesSentFloat32 } = summary
    expect(bytesSent).toBeGreaterThan(bytesSentFloat32 / 4.1)
    expect(bytesSent).toBeLessThan(bytesSentFloat32 / 3.4)
  })

  it.each([['--peers', '2']])('has no chaos with %s %s', async (...flags) => {
    await using program = runProgram('start.ts', ['--chaos', ...flags])
    expect(await program.ended).toEqual({ code: 1, signal: null })
    expect(program.output.stderr).toMatch(/^error: --chaos takes at least 3 --peers/)
  })

  it('ends with a table for people', async () => {
    await using program = runProgram('start.ts', ['--peers', '2', '--steps', '2', '--batch', '8'])
    expect(await program.ended).toEqual({ code: 0, signal: null })
    const { stdout } = program.output
    for (const name of ['peer 0', 'peer 1', 'solo', 'central']) {
      expect(stdout).toMatch(new RegExp(`^${name} .* [0-9a-f]{12}$`, 'm'))
    }
    expect(stdout).toMatch(/bit-identical on all peers: yes/)
    expect(stdout).toMatch(/^peers 0 and 1 +tcp +Noise X25519.* direct +[\d.]+ ms .* kB$/m)
  })

  it.each(['the launcher', 'the process group'])(
    'leaves no process behind after Ctrl+C to %s',
    async (target) => {
      await using program = runProgram('start.ts', LONG)
      const peers = await training(program)
      expect(peers).toHaveLength(4)
      const pid = program.process.pid ?? 0
      process.kill(target === 'the launcher' ? pid : -pid, 'SIGINT')
      expect(await program.ended).toEqual({ code: 130, signal: null })
      expect(peers.filter(isAlive)).toEqual([])
      expect(program.output.stderr).toMatch(/^TrainerError INTERRUPTED: stopped by SIGINT$/m)
      expect(program.output.stdout).toBe('')
    }
  )

  it('leaves no process behind when it is killed', async () => {
    await using program = runProgram('start.ts', LONG)
    await training(program)
    program.process.kill('SIGKILL')
    // The peers write to the same stderr, so it is closed when the last has ended.
    expect(await program.ended).toEqual({ code: null, signal: 'SIGKILL' })
  })

  it('says which peer died, ends the others, and fails', async () => {
    await using program = runProgram('start.ts', LONG)
    const peers = await training(program)
    process.kill(peers[2] ?? 0, 'SIGKILL')
    expect(await program.ended).toEqual({ code: 1, signal: null })
    expect(peers.filter(isAlive)).toEqual([])
    expect(program.output.stderr).toMatch(/^TrainerError CHILD_FAILED: peer 2 failed: .*SIGKILL$/m)
  })

  it.each([
    [['--steps', 'many'], /^error: .*--steps <count>.*'many' is invalid.*whole number.*\n$/],
    [['--codec', 'nope'], /^error: .*--codec <name>.*'nope' is invalid.*use one of float32.*\n$/]
  ])('says what is wrong with %j, and starts nothing', async (args, line) => {
    await using program = runProgram('start.ts', args)
    expect(await program.ended).toEqual({ code: 1, signal: null })
    expect(program.output.stderr).toMatch(line)
  })

  it('leaves no process behind when nobody reads what it says', async () => {
    await using program = runProgram('start.ts', LONG)
    await training(program)
    program.process.stderr?.destroy()
    expect(await program.ended).toEqual({ code: 141, signal: null })
  })

  it('ends quietly when nobody reads the result', async () => {
    await using program = runProgram('start.ts', ['--peers', '1', '--steps', '2', '--json'])
    program.process.stdout?.destroy()
    expect(await program.ended).toEqual({ code: 141, signal: null })
    expect(program.output.stderr).not.toMatch(/EPIPE|^\s+at /m)
  })
})
