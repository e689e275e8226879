import type { Budget } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { capConnector, LimitsError } from '../../src/index.ts'
import { createCapped, drain, pour, wait } from './support.ts'

const TEN_SECONDS = 10_000

/** Frames of the near peer that left or came within ten seconds, over several channels, in bits/s. */
async function rateOf(budget: Budget, lengths: readonly number[], way: 'up' | 'down') {
  const capped = createCapped(budget, { windowLength: 64 * 1024 })
  let bytes = 0
  const passed: { readonly at: number; readonly bytes: number }[] = []
  await capped.simnet.run(async () => {
    capped.simnet.onFrame(({ from, frame, phase }) => {
      if (from !== (way === 'up' ? 'near' : 'far') || phase !== 'sent') return
      if (way === 'up') note(frame.byteLength)
    })
    const note = (length: number): void => {
      // as much as simnet, and a real connection, adds
      bytes += length + 34
      passed.push({ at: capped.simnet.clock.now(), bytes: length + 34 })
    }
    for (const [i, length] of lengths.entries()) {
      const { near, far } = await capped.open(`/test/${i}`)
      const [sender, receiver] = way === 'up' ? [near, far] : [far, near]
      void pour(sender, length)
      void drain(receiver, way === 'down' ? note : () => undefined)
    }
    bytes = 0
    passed.length = 0
    await wait(capped.simnet.clock, TEN_SECONDS)
  })
  let busiest = 0
  let second = 0
  let first = 0
  for (const one of passed) {
    second += one.bytes
    for (; (passed[first]?.at ?? 0) <= one.at - 1000; first++) second -= passed[first]?.bytes ?? 0
    busiest = Math.max(busiest, second)
  }
  return { mean: (bytes * 8e3) / TEN_SECONDS, busiest: busiest * 8 }
}

describe('a cap', () => {
  const mixes = [[8_192], [60_000], [100, 8_192, 60_000], [500, 500, 500]] as const
  for (const way of ['up', 'down'] as const) {
    const name = way === 'up' ? 'uploadBitsPerSecond' : 'downloadBitsPerSecond'
    for (const cap of [1e6, 20e6]) {
      for (const lengths of mixes) {
        it(`of ${cap} bits/s ${way} is kept within 5% over 10 s and used (frames of ${lengths.join(', ')} bytes)`, async () => {
          const { mean, busiest } = await rateOf({ [name]: cap }, lengths, way)
          expect(mean / cap).toBeGreaterThan(0.95)
          expect(mean / cap).toBeLessThan(1.05)
          // shaped: no second carries more than its share, a burst and the frame that is due
          const slack = 8 * (2 * 60_000 + 16 * 1024) + cap * 0.02
          expect(busiest).toBeLessThan(cap * 1.25 + slack)
        })
      }
    }
  }

  it('lets control pass while data waits', async () => {
    const capped = createCapped({ uploadBitsPerSecond: 1e6 })
    await capped.simnet.run(async () => {
      const data = await capped.open('/test/data')
      const control = await capped.open('/test/control')
      void pour(data.near, 500_000)
      void drain(data.far, () => undefined)
      await wait(capped.simnet.clock, 1000)
      let longest = 0
      for (let i = 0; i < 40; i++) {
        const at = capped.simnet.clock.now()
        await control.near.send(new Uint8Array(200))
        await control.far.receive()
        longest = Math.max(longest, capped.simnet.clock.now() - at)
        await wait(capped.simnet.clock, 250)
      }
      // a frame of data takes 4 s
      expect(longest).toBeLessThan(20)
    })
  })

  it('keeps the order of a channel, whatever its frames are like and whoever gives up', async () => {
    const capped = createCapped({ uploadBitsPerSecond: 1e6, downloadBitsPerSecond: 2e6 })
    await capped.simnet.run(async () => {
      const { near, far } = await capped.open('/test')
      const given = new AbortController()
      const sends: Promise<unknown>[] = []
      for (let i = 0; i < 60; i++) {
        const frame = new Uint8Array(i % 3 === 0 ? 30_000 : 10 + i).fill(i)
        const signal = i % 7 === 5 ? given.signal : undefined
        sends.push(near.send(frame, { signal }).catch((error: unknown) => error))
      }
      given.abort(new Error('given up'))
      const expected = Array.from({ length: 60 }, (_, i) => i).filter((i) => i % 7 !== 5)
      for (const i of expected) expect((await far.receive())?.[0]).toBe(i)
      const outcomes = await Promise.all(sends)
      for (const [i, outcome] of outcomes.entries()) {
        if (i % 7 === 5) expect(outcome).toBe(given.signal.reason)
        else expect(outcome).toBeUndefined()
      }
    })
  })

  it('delivers what was sent before a polite close, and settles what waits at an abort', async () => {
    const capped = createCapped({ uploadBitsPerSecond: 1e6 })
    await capped.simnet.run(async () => {
      const polite = await capped.open('/test/polite')
      const sends = [1, 2, 3].map((i) => polite.near.send(new Uint8Array(20_000).fill(i)))
      const closing = polite.near.close()
      for (const i of [1, 2, 3]) expect((await polite.far.receive())?.[0]).toBe(i)
      expect(await polite.far.receive()).toBeUndefined()
      await Promise.all([...sends, closing])

      const rude = await capped.open('/test/rude')
      const waiting = [1, 2, 3].map(() => rude.near.send(new Uint8Array(200_000)))
      const failure = new Error('enough')
      rude.near.abort(failure)
      for (const one of await Promise.allSettled(waiting)) {
        expect(one).toEqual({ status: 'rejected', reason: failure })
      }
    })
  })

  it('loses no frame that came while a receive was given up', async () => {
    const capped = createCapped({ downloadBitsPerSecond: 1e6 })
    await capped.simnet.run(async () => {
      const { near } = await capped.open('/test')
      const frames = 5
      const second = await capped.open('/test/second')
      for (let i = 1; i <= frames; i++) void second.far.send(new Uint8Array(50_000).fill(i))
      for (let i = 1; i <= frames; i++) {
        const signal = new AbortController()
        const given = second.near.receive({ signal: signal.signal })
        await expect(second.near.receive()).rejects.toMatchObject({ code: 'CONCURRENT_RECEIVE' })
        await wait(capped.simnet.clock, 50)
        signal.abort(new Error('given up'))
        await expect(given).rejects.toThrow('given up')
        expect((await second.near.receive())?.[0]).toBe(i)
      }
      near.abort(new Error('over'))
    })
  })

  it('leaves no timer behind when its channels are over', async () => {
    const capped = createCapped({ uploadBitsPerSecond: 1e3, downloadBitsPerSecond: 1e3 })
    await capped.simnet.run(async () => {
      const { near } = await capped.open('/test')
      const sent = near.send(new Uint8Array(500_000)).catch(() => undefined)
      near.abort(new Error('over'))
      await sent
    })
    // 500,000 bytes would take more than an hour
    const before = capped.simnet.clock.now()
    await expect(capped.simnet.run(() => new Promise(() => undefined))).rejects.toMatchObject({
      code: 'DEADLOCK'
    })
    expect(capped.simnet.clock.now() - before).toBeLessThan(60_000)
  })
})

describe('capConnector', () => {
  it('returns the connector as it is where there is no cap', () => {
    const { near } = createCapped({})
    const { connector, clock } = near
    expect(capConnector({ connector, clock, budget: {} })).toBe(connector)
  })

  it.each([0, -1, Number.NaN, '5' as unknown as number])('refuses a cap of %s', (value) => {
    const { near } = createCapped({})
    const { connector, clock } = near
    for (const name of ['uploadBitsPerSecond', 'downloadBitsPerSecond']) {
      const cap = (): unknown => capConnector({ connector, clock, budget: { [name]: value } })
      expect(cap).toThrow(LimitsError)
      expect(cap).toThrow(expect.objectContaining({ code: 'BAD_LIMIT', detail: { name, value } }))
    }
  })
})
