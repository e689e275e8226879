import type { Channel, Connector, PeerId } from '@daa-compute/interface'
import { afterEach, describe, expect, it } from 'vitest'
import { nextTurn, pattern, sameBytes } from './traffic.ts'

/** Two connectors that can reach each other. */
export interface ConnectorPair {
  readonly near: Connector
  readonly far: Connector
  /** A valid peer id at which nobody answers. */
  readonly nobody: PeerId
  /** Stops the near connector, where the implementation has that. */
  stopNear?(): Promise<void>
  dispose(): Promise<void>
}

/** What the suite needs to know of an implementation of `Connector`. */
export interface ConnectorConformanceSetup {
  /** Makes a pair; called once per test. */
  connect(): Promise<ConnectorPair>
  /** Awaits work on the implementation, moving virtual time forward. Default: awaits. */
  drive?<T>(work: Promise<T>): Promise<T>
  /**
   * Lets a little time pass in which the implementation can get on with its work; awaited inside
   * of `drive`. Default: a turn of the event loop, which is nothing where time is virtual.
   */
  pause?(): Promise<void>
}

/** Registers tests of everything the contract `Connector` promises. */
export function connectorConformance(name: string, setup: ConnectorConformanceSetup): void {
  const drive = <T>(work: Promise<T>): Promise<T> => setup.drive?.(work) ?? work
  const pause = (): Promise<void> => setup.pause?.() ?? nextTurn()

  describe(`${name}: Connector`, () => {
    let pair: ConnectorPair | undefined

    async function connect(): Promise<ConnectorPair> {
      pair = await drive(setup.connect())
      return pair
    }

    afterEach(async () => {
      const used = pair
      pair = undefined
      if (used !== undefined) await drive(used.dispose())
    })

    /** Accepts one channel. */
    async function next(
      connector: Connector,
      protocol: string
    ): Promise<{ channel: Promise<Channel>; stop: () => Promise<void> }> {
      const { promise, resolve } = Promise.withResolvers<Channel>()
      return { channel: promise, stop: await connector.accept(protocol, resolve) }
    }

    it('opens a channel whose ends know each other', async () => {
      const { near, far } = await connect()
      expect(near.self).not.toBe(far.self)
      const accepted = await drive(next(far, '/test/a/1'))
      const mine = await drive(near.open(far.self, '/test/a/1'))
      const theirs = await drive(accepted.channel)
      expect(mine.peer).toBe(far.self)
      expect(theirs.peer).toBe(near.self)
      const work = (async () => {
        await mine.send(pattern(1000, 1))
        sameBytes((await theirs.receive()) as Uint8Array, pattern(1000, 1))
        await theirs.send(pattern(2000, 2))
        sameBytes((await mine.receive()) as Uint8Array, pattern(2000, 2))
      })()
      await drive(work)
    })

    it('delivers what is sent before the other end has accepted', async () => {
      const { near, far } = await connect()
      const accepted = await drive(next(far, '/test/a/1'))
      const mine = await drive(near.open(far.self, '/test/a/1'))
      const sent = mine.send(pattern(300_000, 3))
      const closed = mine.close()
      const theirs = await drive(accepted.channel)
      sameBytes((await drive(theirs.receive())) as Uint8Array, pattern(300_000, 3))
      expect(await drive(theirs.receive())).toBeUndefined()
      await drive(Promise.all([sent, closed]))
    })

    it('keeps protocols and channels apart', async () => {
      const { near, far } = await connect()
      const greet = (text: string) => (channel: Channel) => {
        void channel.send(new TextEncoder().encode(text))
      }
      await drive(far.accept('/test/a/1', greet('a')))
      await drive(far.accept('/test/b/1', greet('b')))
      await drive(near.accept('/test/a/1', greet('near a')))
      const hear = async (
        connector: Connector,
        peer: PeerId,
        protocol: string
      ): Promise<string> => {
        const channel = await connector.open(peer, protocol)
        const text = new TextDecoder().decode(await channel.receive())
        await channel.close()
        return text
      }
      const heard = Promise.all([
        hear(near, far.self, '/test/a/1'),
        hear(near, far.self, '/test/b/1'),
        hear(near, far.self, '/test/a/1'),
        hear(far, near.self, '/test/a/1')
      ])
      expect(await drive(heard)).toEqual(['a', 'b', 'a', 'near a'])
    })

    it('aborts one channel without touching another', async () => {
      const { near, far } = await connect()
      const channels: Channel[] = []
      await drive(
        far.accept('/test/a/1', (channel) => {
          channels.push(channel)
        })
      )
      const first = await drive(near.open(far.self, '/test/a/1'))
      const second = await drive(near.open(far.self, '/test/a/1'))
      await drive(Promise.all([first.send(pattern(1, 1)), second.send(pattern(2, 2))]))
      const frames: Record<number, Channel> = {}
      const sort = (async () => {
        while (channels.length < 2) await pause()
        for (const channel of channels) {
          frames[(await channel.receive())?.byteLength ?? 0] = channel
        }
      })()
      await drive(sort)
      first.abort(new Error('only this one'))
      expect(await drive((frames[1] as Channel).closed)).toMatchObject({ code: 'RESET' })
      await drive((frames[2] as Channel).send(pattern(50, 5)))
      sameBytes((await drive(second.receive())) as Uint8Array, pattern(50, 5))
    })

    it('says that a protocol is not spoken there', async () => {
      const { near, far } = await connect()
      await drive(
        expect(near.open(far.self, '/test/unknown/1')).rejects.toMatchObject({
          name: 'ConnectorError',
          code: 'PROTOCOL_NOT_SUPPORTED',
          detail: { peer: far.self, protocol: '/test/unknown/1' }
        })
      )
    })

    it('says that a peer cannot be reached', async () => {
      const { near, nobody } = await connect()
      await drive(
        expect(near.open(nobody, '/test/a/1')).rejects.toMatchObject({
          name: 'ConnectorError',
          code: 'UNREACHABLE',
          detail: { peer: nobody }
        })
      )
    })

    it('accepts a protocol once, and again after it stopped', async () => {
      const { near, far } = await connect()
      const first = await drive(next(far, '/test/a/1'))
      await drive(
        expect(far.accept('/test/a/1', () => {})).rejects.toMatchObject({
          name: 'ConnectorError',
          code: 'ALREADY_ACCEPTED',
          detail: { protocol: '/test/a/1' }
        })
      )
      const mine = await drive(near.open(far.self, '/test/a/1'))
      const theirs = await drive(first.channel)
      await drive(first.stop())
      await drive(first.stop())
      await drive(
        expect(near.open(far.self, '/test/a/1')).rejects.toMatchObject({
          code: 'PROTOCOL_NOT_SUPPORTED'
        })
      )
      // what was accepted lives on
      await drive(Promise.all([mine.send(pattern(5, 5)), theirs.receive()]))

      const second = await drive(next(far, '/test/a/1'))
      await drive(near.open(far.self, '/test/a/1'))
      expect((await drive(second.channel)).peer).toBe(near.self)
    })

    it('stops opening when told to', async () => {
      const { near, far } = await connect()
      const reason = new Error('no patience')
      await drive(
        expect(
          near.open(far.self, '/test/a/1', { signal: AbortSignal.abort(reason) })
        ).rejects.toBe(reason)
      )
      await drive(far.accept('/test/a/1', () => {}))
      const controller = new AbortController()
      const opening = expect(
        near.open(far.self, '/test/a/1', { signal: controller.signal })
      ).rejects.toBe(reason)
      controller.abort(reason)
      await drive(opening)
    })

    it('rejects everything once it is stopped', async ({ skip }) => {
      const { near, far, stopNear } = await connect()
      if (stopNear === undefined) {
        skip('this connector cannot be stopped')
        return
      }
      const accepted = await drive(next(far, '/test/a/1'))
      const mine = await drive(near.open(far.self, '/test/a/1'))
      const theirs = await drive(accepted.channel)
      const stopped = { name: 'ConnectorError', code: 'STOPPED' }
      await drive(stopNear())
      expect(await drive(mine.closed)).toMatchObject(stopped)
      expect(await drive(theirs.closed)).toMatchObject({ code: 'RESET' })
      await drive(expect(near.open(far.self, '/test/a/1')).rejects.toMatchObject(stopped))
      await drive(expect(near.accept('/test/b/1', () => {})).rejects.toMatchObject(stopped))
    })
  })
}
