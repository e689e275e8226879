import type { Admission, AdmissionDecision, Channel, PeerId } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { allowList, openAdmission, preSharedKey } from '../../src/index.ts'
import { addMember, exchange, failureOf, network, PROTOCOL, RUN, wait } from './simulation.ts'

const key = new Uint8Array(32).fill(7)

/** Asks for bytes, and lets in who shows these. */
function password(text: string, decision: AdmissionDecision = { admitted: true }): Admission {
  const bytes = new TextEncoder().encode(text)
  return {
    asks: 'credential',
    present: async () => bytes,
    async admit(_, credential) {
      if (new TextDecoder().decode(credential) === text) return decision
      return { admitted: false, code: 'OTHER', reason: 'another word' }
    }
  }
}

const kinds: readonly (readonly [string, () => Admission, number])[] = [
  ['open', openAdmission, 0],
  ['an allow-list', () => allowList(['a', 'b'] as PeerId[]), 0],
  ['credentials', () => password('word'), 20],
  ['a pre-shared key', () => preSharedKey(key), 20]
]

describe('an introduction', () => {
  it.each(kinds)('by %s costs %s once', async (_, admission, extra) => {
    const simnet = network()
    await simnet.run(async () => {
      const a = await addMember(simnet, 'a', { admission: admission() })
      const b = await addMember(simnet, 'b', { admission: admission() })
      let arrived: (() => void) | undefined
      await b.peer.connector.accept('/plain', (channel) => {
        void channel.receive().then(() => arrived?.())
      })
      await b.connector.accept('/checked', (channel) => {
        void channel.receive().then(() => arrived?.())
      })
      const timeOf = async (
        connector: typeof a.connector | typeof a.peer.connector,
        to: string
      ) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        arrived = resolve
        const before = simnet.clock.now()
        const channel = await connector.open(b.id, to)
        await channel.send(Uint8Array.of(1))
        await promise
        return Math.round(simnet.clock.now() - before)
      }
      const plain = await timeOf(a.peer.connector, '/plain')
      expect((await timeOf(a.connector, '/checked')) - plain).toBe(extra)
      expect((await timeOf(a.connector, '/checked')) - plain).toBe(0)
      expect((await timeOf(a.connector, '/checked')) - plain).toBe(0)
    })
  })

  it.each(kinds)('by %s lets both use what either has opened', async (_, admission) => {
    const simnet = network({ latencyMs: { min: 1, max: 40 } })
    await simnet.run(async () => {
      const a = await addMember(simnet, 'a', { admission: admission() })
      const b = await addMember(simnet, 'b', { admission: admission() })
      // both at once, as a mesh does, then more while the first live
      await Promise.all([exchange(a, b), exchange(b, a)])
      for (let i = 0; i < 20; i++) await Promise.all([exchange(a, b), exchange(b, a)])
      expect(Object.keys({ ...a.counts, ...b.counts })).toEqual(['admitted/none'])
    })
  })

  it.each(kinds)('by %s begins anew when all channels have ended', async (_, admission) => {
    const simnet = network()
    await simnet.run(async () => {
      const a = await addMember(simnet, 'a', { admission: admission() })
      const b = await addMember(simnet, 'b', { admission: admission() })
      for (let i = 1; i <= 3; i++) {
        const channel = await a.connector.open(b.id, PROTOCOL)
        await channel.close()
        await wait(simnet.clock, 100)
        expect(b.counts['admitted/none']).toBe(i)
      }
    })
  })

  it.each(kinds)('by %s works again with a peer that has restarted', async (_, admission) => {
    const simnet = network()
    await simnet.run(async () => {
      const a = await addMember(simnet, 'a', { admission: admission() })
      const b = await addMember(simnet, 'b', { admission: admission() })
      await exchange(a, b)
      b.peer.crash()
      const again = await addMember(simnet, 'b', { admission: admission() })
      await wait(simnet.clock, 100)
      await exchange(a, again)
      await exchange(again, a)
      expect(Object.keys(again.counts)).toEqual(['admitted/none'])
    })
  })

  it('keeps every frame of a caller back until both are satisfied', async () => {
    const simnet = network()
    const secret = Uint8Array.of(0x5e, 0xc2, 0xe7)
    const frames: string[] = []
    simnet.onFrame(({ frame, from, phase }) => {
      if (phase === 'sent') frames.push(`${from} ${Array.from(frame.subarray(0, 3)).join()}`)
    })
    await simnet.run(async () => {
      const a = await addMember(simnet, 'a', { admission: preSharedKey(key) })
      const b = await addMember(simnet, 'b', { admission: preSharedKey(key.map(() => 8)) })
      await b.connector.accept('/eager', (channel) => {
        void channel.send(secret).catch(() => undefined)
      })
      const work = (async () => {
        const channel = await a.connector.open(b.id, '/eager')
        await channel.send(secret)
      })()
      expect(await failureOf(work)).toMatchObject({
        name: 'ConnectorError',
        code: 'NOT_ADMITTED',
        detail: { peer: b.id, run: RUN, refusedBy: a.id, refusal: 'WRONG_KEY' }
      })
      await wait(simnet.clock, 5_000)
      expect(b.accepted).toEqual([])
      expect(a.counts).toEqual({ 'refused/WRONG_KEY': 1 })
      expect(b.counts).toEqual({ 'turned_away/WRONG_KEY': 1 })
    })
    expect(frames.length).toBeGreaterThan(0)
    expect(frames.filter((frame) => frame.endsWith('94,194,231'))).toEqual([])
  })

  it('tells a peer that is not on the list, on its channel', async () => {
    const simnet = network()
    await simnet.run(async () => {
      const a = await addMember(simnet, 'a', { admission: allowList(['b'] as PeerId[]) })
      const b = await addMember(simnet, 'b', { admission: allowList(['c'] as PeerId[]) })
      const channel = await a.connector.open(b.id, PROTOCOL)
      const refused = {
        code: 'NOT_ADMITTED',
        detail: { peer: b.id, refusedBy: b.id, refusal: 'NOT_LISTED' }
      }
      expect(await failureOf(channel.receive())).toMatchObject(refused)
      expect(await channel.closed).toMatchObject(refused)
      expect(await failureOf(channel.send(new Uint8Array(1)))).toMatchObject(refused)
      expect(b.accepted).toEqual([])
      expect(a.counts['turned_away/NOT_LISTED']).toBe(1)
      expect(b.counts).toEqual({ 'refused/NOT_LISTED': 1 })
    })
  })

  it('does not even call a peer that is not on the list', async () => {
    const simnet = network()
    let frames = 0
    simnet.onFrame(() => frames++)
    await simnet.run(async () => {
      const a = await addMember(simnet, 'a', { admission: allowList(['c'] as PeerId[]) })
      const b = await addMember(simnet, 'b', { admission: openAdmission() })
      expect(await failureOf(a.connector.open(b.id, PROTOCOL))).toMatchObject({
        code: 'NOT_ADMITTED',
        detail: { peer: b.id, refusedBy: a.id, refusal: 'NOT_LISTED' }
      })
    })
    expect(frames).toBe(0)
  })

  it.each([
    ['credentials', 'a pre-shared key', password('word'), preSharedKey(key)],
    ['a pre-shared key', 'credentials', preSharedKey(key), password('word')],
    ['open', 'credentials', openAdmission(), password('word')],
    ['credentials', 'open', password('word'), openAdmission()],
    ['open', 'a pre-shared key', openAdmission(), preSharedKey(key)],
    ['a pre-shared key', 'open', preSharedKey(key), openAdmission()]
  ])('is refused between %s and %s', async (_, __, ours, theirs) => {
    const simnet = network()
    await simnet.run(async () => {
      const a = await addMember(simnet, 'a', { admission: ours })
      const b = await addMember(simnet, 'b', { admission: theirs })
      const work = (async () => {
        const channel = await a.connector.open(b.id, PROTOCOL)
        await channel.receive()
      })()
      expect(await failureOf(work)).toMatchObject({ code: 'NOT_ADMITTED' })
      expect(b.accepted).toEqual([])
    })
  })

  it('ends when its time is over, and can be made again', async () => {
    const simnet = network()
    await simnet.run(async () => {
      const admission = password('word', { admitted: true, role: 'observer', forMs: 1_000 })
      const a = await addMember(simnet, 'a', { admission: password('word') })
      const b = await addMember(simnet, 'b', { admission })
      const begin = simnet.clock.now()
      const channel = await a.connector.open(b.id, PROTOCOL)
      await wait(simnet.clock, 50)
      expect(b.connector.roleOf(a.id)).toBe('observer')
      expect(await b.accepted[0]!.closed).toMatchObject({
        code: 'NOT_ADMITTED',
        detail: { peer: a.id, refusedBy: b.id, refusal: 'EXPIRED' }
      })
      expect(simnet.clock.now() - begin).toBeLessThan(1_100)
      expect(await channel.closed).toMatchObject({ code: 'RESET' })
      expect(b.connector.roleOf(a.id)).toBeUndefined()
      expect(b.counts['expelled/EXPIRED']).toBe(1)
      b.accepted.length = 0
      await exchange(a, b)
    })
  })

  it('can be repeated before its time is over', async () => {
    const simnet = network()
    await simnet.run(async () => {
      let forMs = 1_000
      const renewable: Admission = {
        ...password('word'),
        admit: async () => ({ admitted: true, forMs })
      }
      const a = await addMember(simnet, 'a', { admission: password('word') })
      const b = await addMember(simnet, 'b', { admission: renewable })
      const c = await addMember(simnet, 'c', { admission: password('word') })
      const again = '/test/again/1'
      await b.connector.accept(again, (channel) => void channel.close())
      const [first, second] = await Promise.all([
        a.connector.open(b.id, PROTOCOL),
        a.connector.open(c.id, PROTOCOL)
      ])
      await wait(simnet.clock, 500)
      forMs = 5_000
      // c does not speak it
      await a.connector.introduceAgain(again)
      await wait(simnet.clock, 4_000)
      expect(b.counts).toEqual({ 'admitted/none': 2 })
      await first.send(Uint8Array.of(1))
      expect(await b.accepted[0]!.receive()).toHaveLength(1)
      await second.send(Uint8Array.of(1))
      expect(await first.closed).toMatchObject({ code: 'RESET' })
      expect(b.counts['expelled/EXPIRED']).toBe(1)
    })
  })

  it('is given up when the check never ends', async () => {
    const simnet = network()
    await simnet.run(async () => {
      const endless: Admission = { ...openAdmission(), admit: () => new Promise(() => undefined) }
      const a = await addMember(simnet, 'a', { admission: endless })
      const b = await addMember(simnet, 'b', { admission: openAdmission() })
      const begin = simnet.clock.now()
      expect(await failureOf(a.connector.open(b.id, PROTOCOL))).toMatchObject({
        code: 'NOT_ADMITTED',
        detail: { refusedBy: a.id, refusal: 'TIMEOUT' }
      })
      const channel = await b.connector.open(a.id, PROTOCOL)
      expect(await channel.closed).toMatchObject({ detail: { refusal: 'TIMEOUT' } })
      expect(simnet.clock.now() - begin).toBeLessThan(21_000)
    })
  })

  it('is over for who is taken off the list, and for nobody else', async () => {
    const simnet = network()
    await simnet.run(async () => {
      const list = allowList(['a', 'c'] as PeerId[])
      const a = await addMember(simnet, 'a', { admission: openAdmission() })
      const b = await addMember(simnet, 'b', { admission: list })
      const c = await addMember(simnet, 'c', { admission: openAdmission() })
      const [first, second, other] = await Promise.all([
        a.connector.open(b.id, PROTOCOL),
        b.connector.open(a.id, PROTOCOL),
        c.connector.open(b.id, PROTOCOL)
      ])
      await wait(simnet.clock, 100)
      list.remove(a.id)
      expect(await second.closed).toMatchObject({
        code: 'NOT_ADMITTED',
        detail: { peer: a.id, refusal: 'REVOKED' }
      })
      expect(await first.closed).toMatchObject({ code: 'RESET' })
      const again = await a.connector.open(b.id, PROTOCOL)
      expect(await again.closed).toMatchObject({ detail: { refusal: 'NOT_LISTED' } })
      await other.send(Uint8Array.of(1))
      const served = b.accepted.find(({ peer }) => peer === c.id)
      expect(await served!.receive()).toHaveLength(1)
      list.add(a.id)
      b.accepted.length = 0
      await exchange(a, b)
    })
  })

  it('is a refusal when the check itself fails, without saying how', async () => {
    const simnet = network()
    await simnet.run(async () => {
      const broken: Admission = {
        ...password('word'),
        admit: () => Promise.reject(new Error('the database password is 1234'))
      }
      const a = await addMember(simnet, 'a', { admission: password('word') })
      const b = await addMember(simnet, 'b', { admission: broken })
      const error = await failureOf(a.connector.open(b.id, PROTOCOL))
      expect(error).toMatchObject({ code: 'NOT_ADMITTED', detail: { refusal: 'OTHER' } })
      expect((error as Error).message).not.toContain('1234')
    })
  })

  it('is the same, event for event, each time', async () => {
    const once = async (): Promise<string> => {
      const simnet = network({ seed: 5, latencyMs: { min: 1, max: 50 } })
      await simnet.run(async () => {
        const a = await addMember(simnet, 'a', { admission: preSharedKey(key) })
        const b = await addMember(simnet, 'b', { admission: preSharedKey(key) })
        await Promise.all([exchange(a, b), exchange(b, a), exchange(a, b)])
      })
      return simnet.traceHash
    }
    expect(await once()).toBe(await once())
  })

  it('leaves no channel behind when it is given up', async () => {
    const simnet = network()
    await simnet.run(async () => {
      const a = await addMember(simnet, 'a', { admission: password('word') })
      const b = simnet.addPeer('b')
      const { promise: accepted, resolve } = Promise.withResolvers<Channel>()
      await b.connector.accept(PROTOCOL, resolve)
      const controller = new AbortController()
      const opening = failureOf(a.connector.open(b.id, PROTOCOL, { signal: controller.signal }))
      const channel = await accepted
      const reason = new Error('no patience')
      controller.abort(reason)
      expect(await opening).toBe(reason)
      expect(await channel.closed).toMatchObject({ code: 'RESET' })
    })
  })

  it('can be given up', async () => {
    const simnet = network()
    await simnet.run(async () => {
      const a = await addMember(simnet, 'a', { admission: password('word') })
      const b = await addMember(simnet, 'b', { admission: password('word') })
      b.peer.freeze()
      const controller = new AbortController()
      const opening = failureOf(a.connector.open(b.id, PROTOCOL, { signal: controller.signal }))
      await wait(simnet.clock, 1_000)
      const reason = new Error('no patience')
      controller.abort(reason)
      expect(await opening).toBe(reason)
    })
  })

  it.each(['opens', 'accepts'])(
    'of one who %s is decided again if a revocation comes',
    async (how) => {
      const simnet = network()
      await simnet.run(async () => {
        let revoke: (peer: PeerId) => void = () => undefined
        let isIn = true
        // of two calls, one for deciding ahead
        let calls = how === 'opens' ? -1 : 0
        const fickle: Admission = {
          ...openAdmission(),
          async admit({ peer }) {
            const wasIn = isIn
            if (++calls === 1) {
              isIn = false
              // after the decision, and before anybody has heard of it
              queueMicrotask(() => revoke(peer))
            }
            return wasIn ? { admitted: true } : { admitted: false, code: 'REVOKED', reason: 'out' }
          },
          onRevoked(handler) {
            revoke = handler
            return () => undefined
          }
        }
        const a = await addMember(simnet, 'a', { admission: fickle })
        const b = await addMember(simnet, 'b', { admission: openAdmission() })
        if (how === 'opens') {
          expect(await failureOf(a.connector.open(b.id, PROTOCOL))).toMatchObject({
            detail: { refusedBy: a.id, refusal: 'REVOKED' }
          })
        } else {
          const channel = await b.connector.open(a.id, PROTOCOL)
          expect(await channel.closed).toMatchObject({
            detail: { refusedBy: a.id, refusal: 'REVOKED' }
          })
        }
        expect(calls).toBe(2)
        expect(a.accepted).toEqual([])
      })
    }
  )

  it('hands over no channel of a peer that was thrown out meanwhile', async () => {
    const simnet = network()
    await simnet.run(async () => {
      const list = allowList(['a'] as PeerId[])
      const a = await addMember(simnet, 'a', { admission: openAdmission() })
      const b = await addMember(simnet, 'b', { admission: list })
      let frames = 0
      simnet.onFrame(({ from, phase }) => {
        if (from !== b.id || phase !== 'sent') return
        frames++
        list.remove(a.id)
      })
      const channel = await a.connector.open(b.id, PROTOCOL)
      expect(await channel.closed).toBeInstanceOf(Error)
      await wait(simnet.clock, 1_000)
      expect(frames).toBe(1)
      expect(b.accepted).toEqual([])
    })
  })

  it('hands over no channel once it is accepted no more', async () => {
    const simnet = network()
    await simnet.run(async () => {
      const a = await addMember(simnet, 'a', { admission: preSharedKey(key) })
      const b = await addMember(simnet, 'b', { admission: preSharedKey(key) })
      const channels: Channel[] = []
      const stop = await b.connector.accept('/late', (channel) => channels.push(channel))
      const opening = a.connector.open(b.id, '/late')
      await wait(simnet.clock, 25)
      await stop()
      const channel = await opening
      expect(await channel.closed).toMatchObject({ code: 'RESET' })
      expect(channels).toEqual([])
    })
  })

  it('ends with the connector', async () => {
    const simnet = network()
    await simnet.run(async () => {
      let watchers = 0
      const watched: Admission = {
        ...password('word'),
        onRevoked() {
          watchers++
          return () => void watchers--
        }
      }
      const a = await addMember(simnet, 'a', { admission: watched })
      const b = await addMember(simnet, 'b', { admission: password('word') })
      expect(watchers).toBe(1)
      const channel = await a.connector.open(b.id, PROTOCOL)
      await wait(simnet.clock, 100)
      const opening = failureOf(a.connector.open(b.id, PROTOCOL))
      await Promise.all([a.connector.stop(), a.connector.stop()])
      expect(watchers).toBe(0)
      expect(await opening).toMatchObject({ code: 'STOPPED' })
      expect(await channel.closed).toMatchObject({ code: 'STOPPED' })
      expect(await b.accepted[0]!.closed).toMatchObject({ code: 'RESET' })
      expect(await failureOf(a.connector.open(b.id, PROTOCOL))).toMatchObject({ code: 'STOPPED' })
      const { connector } = b.peer
      expect(await failureOf(connector.open(a.id, PROTOCOL))).toMatchObject({
        code: 'PROTOCOL_NOT_SUPPORTED'
      })
    })
  })
})
