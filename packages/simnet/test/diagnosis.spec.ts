import { describe, expect, it } from 'vitest'
import { createSimnet, SimnetError, type Simnet } from '../src/index.ts'
import { withPair } from './pair.ts'

describe('a run that gets nowhere', () => {
  it('names who is frozen or slow and what is cut off, besides who waits', async () => {
    const error = await withPair(
      { stallTimeoutMs: Infinity, openTimeoutMs: Infinity },
      async ({ simnet, a, b, from, to }) => {
        simnet.addPeer('c').slowDown(2)
        void to.receive()
        simnet.cut('a', 'b')
        simnet.partition([['a', 'b'], ['c']])
        void from.send(Uint8Array.of(1))
        b.clock.schedule(1, () => {})
        b.freeze()
        await a.connector.open(b.id, '/test/1')
      }
    ).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(SimnetError)
    expect(error).toMatchObject({
      code: 'DEADLOCK',
      detail: {
        faults: [
          'b is frozen (events that wait for it: 1)',
          'c is slow (events that wait for it: 0)',
          'a does not reach b',
          'the network is partitioned: a, b | c'
        ],
        waits: [
          { peer: 'a', operation: 'open', remote: 'b', protocol: '/test/1', sinceMs: 20 },
          { peer: 'b', operation: 'receive', remote: 'a', protocol: '/test/1', sinceMs: 20 }
        ]
      }
    })
    const { message } = error as Error
    expect(message).toContain('a waits in open on /test/1 with b since 20.000 ms')
    expect(message).toContain('Faults in effect:\n  b is frozen')
    expect(message).toContain('\n  a does not reach b\n  the network is partitioned: a, b | c')
  })

  it('names them at limits as well', async () => {
    const circle = (simnet: Simnet): void => void simnet.clock.schedule(1, () => circle(simnet))
    for (const [init, code] of [
      [{ maxVirtualMs: 10 }, 'TIME_LIMIT'],
      [{ maxEvents: 10 }, 'EVENT_LIMIT']
    ] as const) {
      const simnet = createSimnet({ seed: 1, ...init })
      simnet.addPeer('a').freeze()
      const run = simnet.run(() => {
        circle(simnet)
        return new Promise(() => {})
      })
      await expect(run).rejects.toMatchObject({
        code,
        detail: { seed: '1', limit: 10, faults: ['a is frozen (events that wait for it: 0)'] }
      })
    }
  })

  it('says nothing of faults when there are none', async () => {
    const run = createSimnet({ seed: 1 }).run(() => new Promise(() => {}))
    const error = (await run.catch((reason: unknown) => reason)) as Error
    expect(error.message).not.toContain('Faults')
  })
})
