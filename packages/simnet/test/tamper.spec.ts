import { describe, expect, it } from 'vitest'
import { wait, withPair } from './pair.ts'

describe('tamper', () => {
  it('alters, drops, replays and invents what a peer sends to another', () =>
    withPair({}, async ({ simnet, from, to }) => {
      const end = simnet.tamper('a', 'b', (frame, protocol) => {
        expect(protocol).toBe('/test/1')
        const kind = frame[0]!
        if (kind === 0) return undefined
        if (kind === 1) return frame.fill(9)
        if (kind === 2) return [frame, frame]
        return [Uint8Array.of(7), Uint8Array.of(8, 8), frame]
      })
      const original = Uint8Array.of(1)
      for (const frame of [Uint8Array.of(0), original, Uint8Array.of(2), Uint8Array.of(3)]) {
        await from.send(frame)
      }
      // the script had bytes of its own
      expect(original).toEqual(Uint8Array.of(1))
      for (const expected of [[9], [2], [2], [7], [8, 8], [3]]) {
        expect([...(await to.receive())!]).toEqual(expected)
      }
      end()
      await from.send(Uint8Array.of(0))
      expect(await to.receive()).toEqual(Uint8Array.of(0))
      await to.send(Uint8Array.of(0))
      expect(await from.receive()).toEqual(Uint8Array.of(0))
    }))

  it('is about the protocols that start like that, and scripts follow one another', () =>
    withPair({}, async ({ simnet, from, to }) => {
      simnet.tamper('a', 'b', '/other/', () => undefined)
      simnet.tamper('b', 'a', '/test/', () => undefined)
      simnet.tamper('a', 'b', '/test/', ([value]) => Uint8Array.of(value! + 1))
      simnet.tamper('a', 'b', '/test/1', ([value]) => Uint8Array.of(value! * 10))
      await from.send(Uint8Array.of(1))
      expect(await to.receive()).toEqual(Uint8Array.of(20))
    }))

  it('keeps the windows right, whatever becomes of the frames', () =>
    withPair({ windowLength: 200 }, async ({ simnet, from, to }) => {
      let count = 0
      simnet.tamper('a', 'b', (frame) => {
        count++
        if (count % 3 === 0) return undefined
        return count % 3 === 1 ? [frame, frame, frame] : new Uint8Array(150)
      })
      const sending = (async () => {
        for (let index = 0; index < 300; index++) await from.send(Uint8Array.of(1))
        await from.close()
      })()
      let received = 0
      while ((await to.receive()) !== undefined) received++
      await sending
      expect(received).toBe(100 * 3 + 100)
    }))

  it('makes the receiver abort a channel whose limit it breaks', () =>
    withPair({ maxFrameLength: 100 }, async ({ simnet, from, to }) => {
      simnet.tamper('a', 'b', () => new Uint8Array(101))
      await from.send(new Uint8Array(1))
      await expect(to.receive()).rejects.toMatchObject({
        code: 'FRAME_TOO_LARGE',
        detail: { peer: 'a', length: 101, limit: 100 }
      })
      expect(await from.closed).toMatchObject({ code: 'RESET' })
    }))

  it('is behind the taps: these see what was sent, and what arrives', () =>
    withPair({}, async ({ simnet, from, to }) => {
      const seen: [string, number][] = []
      simnet.onFrame(({ phase, frame }) => seen.push([phase, frame[0]!]))
      simnet.tamper('a', 'b', () => Uint8Array.of(2))
      await from.send(Uint8Array.of(1))
      await to.receive()
      expect(seen).toEqual([
        ['sent', 1],
        ['received', 2]
      ])
    }))

  it('ends the run with what a script throws, and refuses what is no script', async () => {
    const program = withPair({}, async ({ simnet, from }) => {
      simnet.tamper('a', 'b', () => {
        throw new Error('a broken script')
      })
      void from.send(Uint8Array.of(1))
      await wait(simnet, 100)
    })
    await expect(program).rejects.toThrow('a broken script')
    await withPair({}, async ({ simnet }) => {
      const tamper = simnet.tamper as (...list: unknown[]) => unknown
      expect(() => tamper('a', 'b', '/test/1')).toThrow(
        expect.objectContaining({ code: 'BAD_OPTION' })
      )
    })
  })
})
