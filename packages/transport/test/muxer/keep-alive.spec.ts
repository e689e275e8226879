import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { MuxerError } from '../../src/index.ts'
import { KeepAlive } from '../../src/muxer/keep-alive.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }))
afterEach(() => void vi.useRealTimers())

async function start(): Promise<{ pings: number[]; keepAlive: KeepAlive }> {
  const pings: number[] = []
  const keepAlive = new KeepAlive({ intervalMs: 1000, ping: (number) => void pings.push(number) })
  await Promise.resolve()
  return { pings, keepAlive }
}

it('pings at once, and then again and again', async () => {
  const { pings, keepAlive } = await start()
  expect(pings).toEqual([0])
  for (let i = 0; i < 3; i++) {
    keepAlive.onAnswer(i)
    vi.advanceTimersByTime(1000)
  }
  expect(pings).toEqual([0, 1, 2, 3])
  keepAlive.stop()
  keepAlive.onAnswer(3)
  vi.advanceTimersByTime(5000)
  expect(pings).toEqual([0, 1, 2, 3])
  expect(vi.getTimerCount()).toBe(0)
})

it('does not ask again who has not answered', async () => {
  const { pings, keepAlive } = await start()
  vi.advanceTimersByTime(3000)
  expect(pings).toEqual([0])
  keepAlive.onAnswer(0)
  vi.advanceTimersByTime(1000)
  expect(pings).toEqual([0, 1])
  keepAlive.stop()
})

it('measures how long the last answer took', async () => {
  const { keepAlive } = await start()
  expect(keepAlive.roundTripTime).toBe(undefined)
  vi.advanceTimersByTime(30)
  keepAlive.onAnswer(0)
  expect(keepAlive.roundTripTime).toBe(30)
  vi.advanceTimersByTime(1000)
  keepAlive.onAnswer(1)
  expect(keepAlive.roundTripTime).toBe(30)
  keepAlive.stop()
})

it('refuses answers to what was not asked', async () => {
  const { keepAlive } = await start()
  const refused = expect.objectContaining({ code: 'BAD_PING' }) as MuxerError
  expect(() => keepAlive.onAnswer(1)).toThrow(refused)
  keepAlive.onAnswer(0)
  expect(() => keepAlive.onAnswer(0)).toThrow(MuxerError)
  keepAlive.stop()
})
