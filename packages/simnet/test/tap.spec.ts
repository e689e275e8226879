import { describe, expect, it } from 'vitest'
import { createSimnet, type FrameEvent } from '../src/index.ts'
import { outcome, wait, withPair } from './pair.ts'

describe('onFrame', () => {
  it('is called before a frame leaves and before it reaches code', () =>
    withPair({}, async ({ simnet, from, to }) => {
      const startMs = simnet.clock.now()
      const events: string[] = []
      const end = simnet.onFrame(({ timeMs, from: sender, to: receiver, protocol, frame, phase }) =>
        events.push(
          `${timeMs - startMs} ${sender}→${receiver} ${protocol} ${frame.join()} ${phase}`
        )
      )
      const received = to.receive().then(() => events.push('received by code'))
      await from.send([Uint8Array.of(1), Uint8Array.of(2)])
      events.push('sent by code')
      await received
      end()
      await to.send(Uint8Array.of(3))
      await from.receive()
      expect(events).toEqual([
        '0 a→b /test/1 1,2 sent',
        'sent by code',
        '10 a→b /test/1 1,2 received',
        'received by code'
      ])
    }))

  /** Applies a fault at the nth frame at a border, once. */
  function at(
    simnet: { onFrame(handler: (event: FrameEvent) => void): () => void },
    phase: FrameEvent['phase'],
    nth: number,
    fault: () => void
  ): void {
    let count = 0
    simnet.onFrame((event) => {
      if (event.phase === phase && ++count === nth) fault()
    })
  }

  it('may crash the sender, whose frame then never leaves', () =>
    withPair({}, async ({ simnet, a, from, to }) => {
      at(simnet, 'sent', 2, a.crash)
      const sends = [1, 2, 3].map((value) => outcome(from.send(Uint8Array.of(value))))
      expect(await to.receive()).toEqual(Uint8Array.of(1))
      await expect(to.receive()).rejects.toMatchObject({ code: 'RESET' })
      await wait(simnet, 100)
      expect(sends.map(({ state }) => state)).toEqual(['resolved', 'pending', 'pending'])
    }))

  it('may crash the receiver, whose code then never sees it', () =>
    withPair({}, async ({ simnet, b, from, to }) => {
      at(simnet, 'received', 2, b.crash)
      const receives = to.receive().then(() => to.receive())
      const received = outcome(receives)
      for (const value of [1, 2, 3]) await from.send(Uint8Array.of(value))
      expect(await from.closed).toMatchObject({ code: 'RESET' })
      await wait(simnet, 100)
      expect(received.state).toBe('pending')
    }))

  for (const phase of ['sent', 'received'] as const) {
    it(`may freeze either end at "${phase}"; nothing is lost, doubled or reordered`, async () => {
      for (const victim of ['a', 'b'] as const) {
        for (let nth = 1; nth <= 5; nth++) {
          await withPair({ windowLength: 80 }, async ({ simnet, a, b, from, to }) => {
            const peer = victim === 'a' ? a : b
            let seen = 0
            at(simnet, phase, nth, () => {
              peer.freeze()
              simnet.clock.schedule(1000, peer.thaw)
            })
            simnet.onFrame((event) => {
              if (event.phase === phase) seen++
            })
            const sending = (async () => {
              for (let value = 0; value < 6; value++) await from.send(Uint8Array.of(value))
              await from.close()
            })()
            const values: number[] = []
            for (let frame = await to.receive(); frame !== undefined; frame = await to.receive()) {
              values.push(frame[0]!)
            }
            await sending
            expect(values).toEqual([0, 1, 2, 3, 4, 5])
            // each frame crosses each border once
            expect(seen).toBe(6)
            expect(simnet.clock.now()).toBeGreaterThan(1000)
          })
        }
      }
    })
  }

  it('may freeze a receiver again that has just thawed and catches up', () =>
    withPair({}, async ({ simnet, b, from, to }) => {
      b.freeze()
      for (let value = 0; value < 5; value++) await from.send(Uint8Array.of(value))
      await wait(simnet, 100)
      for (const nth of [1, 3]) {
        at(simnet, 'received', nth, () => {
          b.freeze()
          simnet.clock.schedule(100, b.thaw)
        })
      }
      b.thaw()
      for (let value = 0; value < 5; value++) {
        expect(await to.receive()).toEqual(Uint8Array.of(value))
      }
    }))

  it('may cut the way that the frame is about to take', () =>
    withPair({ stallTimeoutMs: 100 }, async ({ simnet, from, to }) => {
      at(simnet, 'sent', 1, () => simnet.cut('a', 'b'))
      await from.send(Uint8Array.of(1))
      await expect(to.receive()).rejects.toMatchObject({ code: 'RESET' })
    }))

  it('may end the channel, or the send itself', () =>
    withPair({}, async ({ simnet, from, to }) => {
      const controller = new AbortController()
      at(simnet, 'sent', 1, () => controller.abort(new Error('given up')))
      at(simnet, 'sent', 3, () => from.abort(new Error('aborted')))
      const sends = [1, 2, 3].map((value) =>
        from.send(Uint8Array.of(value), value === 1 ? controller : {})
      )
      const settled = await Promise.allSettled(sends)
      expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected'])
      expect(await to.receive()).toEqual(Uint8Array.of(2))
      await expect(to.receive()).rejects.toMatchObject({ code: 'RESET' })
    }))

  it('ends the run with what it throws', async () => {
    for (const phase of ['sent', 'received'] as const) {
      const program = withPair({}, async ({ simnet, from, to }) => {
        at(simnet, phase, 1, () => {
          throw new Error(`thrown at ${phase}`)
        })
        void from.send(Uint8Array.of(1))
        await to.receive()
      })
      await expect(program).rejects.toThrow(`thrown at ${phase}`)
    }
  })

  it('gives each registration its own end', () => {
    const simnet = createSimnet({ seed: 1, latencyMs: 1 })
    const a = simnet.addPeer('a')
    const b = simnet.addPeer('b')
    return simnet.run(async () => {
      let count = 0
      const handler = (): number => count++
      const end = simnet.onFrame(handler)
      simnet.onFrame(handler)
      await b.connector.accept('/test/1', () => {})
      const channel = await a.connector.open(b.id, '/test/1')
      await channel.send(Uint8Array.of(1))
      expect(count).toBe(2)
      end()
      end()
      await channel.send(Uint8Array.of(1))
      await wait(simnet, 10)
      // one left: the first frame's arrival, and both borders of the second
      expect(count).toBe(2 + 1 + 2)
    })
  })
})
