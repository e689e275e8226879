import type { PeerId } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import type { GroupError } from '../src/group/errors.ts'
import type { Group } from '../src/group/group.ts'
import { peersOf, sleep } from './group-of.ts'
import { meanOf, sameBits, valuesOf } from './values.ts'

const LENGTH = 400_000

interface Outcome {
  readonly result?: unknown
  readonly error?: GroupError
}

/** All-reduces of every member, and what became of each, values checked where it failed. */
function outcomes(groups: readonly Group[], length = LENGTH): Promise<Outcome[]> {
  return Promise.all(
    groups.map(async (group) => {
      const values = valuesOf(group.rank, length)
      try {
        return { result: await group.allReduce(values) }
      } catch (error) {
        expect(sameBits(values, valuesOf(group.rank, length))).toBe(true)
        return { error: error as GroupError }
      }
    })
  )
}

async function reason(promise: Promise<unknown> | undefined): Promise<unknown> {
  return await promise?.then(
    () => expect.fail('it should have failed'),
    (error: unknown) => error
  )
}

describe('an operation that fails', () => {
  it('names a member that crashes, at each of the others, at once', async () => {
    const { net, peers, joinAll, members } = peersOf(4)
    await net.run(async () => {
      const groups = await joinAll()
      const others = groups.filter(({ rank }) => rank !== 2)
      const all = outcomes(others)
      void groups[2]?.allReduce(valuesOf(2, LENGTH))
      await sleep(peers[0], 4)
      const crashedMs = net.clock.now()
      peers[2]?.crash()
      for (const { error } of await all) {
        expect(error).toMatchObject({ code: 'PEER_FAILED', detail: { culprit: members[2] } })
      }
      expect(net.clock.now() - crashedMs).toBeLessThan(1_000)
      // and so does the next one, at once
      for (const { error } of await outcomes(others)) {
        expect(error).toMatchObject({ code: 'PEER_FAILED', detail: { culprit: members[2] } })
      }
    })
  })

  it('names a member that freezes, within seconds', async () => {
    const { net, peers, joinAll, members } = peersOf(4)
    await net.run(async () => {
      const groups = await joinAll()
      const others = groups.filter(({ rank }) => rank !== 1)
      const all = outcomes(others)
      void groups[1]?.allReduce(valuesOf(1, LENGTH)).catch(() => undefined)
      await sleep(peers[0], 4)
      const frozenMs = net.clock.now()
      peers[1]?.freeze()
      for (const { error } of await all) {
        expect(error).toMatchObject({ code: 'PEER_FAILED', detail: { culprit: members[1] } })
      }
      expect(net.clock.now() - frozenMs).toBeLessThan(3_000)
    })
  })

  it('names a member that does not call, after the patience', async () => {
    const { net, joinAll, members } = peersOf(4)
    await net.run(async () => {
      const groups = await joinAll({ patienceMs: 20_000 })
      const all = await outcomes(groups.slice(0, 3))
      const errors = all.map(({ error }) => error)
      const notCalled = errors.filter((error) => error?.code === 'NOT_CALLED')
      expect(notCalled.length).toBeGreaterThan(0)
      for (const error of notCalled) expect(error?.detail).toMatchObject({ waiting: [members[3]] })
      for (const error of errors) {
        expect(error?.message).toContain(`${members[3]} did not call this operation for 20000 ms`)
      }
      expect(net.clock.now()).toBeGreaterThan(20_000)
      expect(net.clock.now()).toBeLessThan(23_000)
    })
  })

  it('is given up by a signal: the others are told who, and the group goes on', async () => {
    const { net, peers, joinAll, members } = peersOf(3)
    await net.run(async () => {
      const groups = await joinAll()
      const all = outcomes(groups.slice(0, 2))
      const controller = new AbortController()
      const mine = new Error('no time')
      const values = valuesOf(2, LENGTH)
      const given = reason(groups[2]?.allReduce(values, { signal: controller.signal }))
      await sleep(peers[0], 5)
      controller.abort(mine)
      expect(await given).toBe(mine)
      expect(sameBits(values, valuesOf(2, LENGTH))).toBe(true)
      for (const { error } of await all) {
        expect(error).toMatchObject({ code: 'PEER_FAILED', detail: { culprit: members[2] } })
        expect(error?.message).toContain('no time')
      }
      // aborted before its turn: still one of the tag's operations
      const over = AbortSignal.abort(mine)
      const next = outcomes(groups.slice(0, 2))
      expect(await reason(groups[2]?.allReduce(values, { signal: over }))).toBe(mine)
      for (const { error } of await next) expect(error?.code).toBe('PEER_FAILED')

      const last = groups.map(({ rank }) => valuesOf(rank, 100))
      await Promise.all(
        groups.map((group) => group.allReduce(last[group.rank] ?? new Float32Array()))
      )
      expect(last[0]).toEqual(meanOf(3, 100))
    })
  })

  it('leaves other tags alone', async () => {
    const { net, peers, joinAll } = peersOf(3)
    await net.run(async () => {
      const groups = await joinAll()
      const values = groups.map(({ rank }) => valuesOf(rank, LENGTH))
      const good = groups.map((group) =>
        group.allReduce(values[group.rank] ?? new Float32Array(), { tag: 1 })
      )
      const controller = new AbortController()
      const bad = groups.map((group) =>
        reason(group.allReduce(valuesOf(group.rank, LENGTH), { tag: 2, signal: controller.signal }))
      )
      await sleep(peers[0], 5)
      controller.abort()
      await Promise.all([...bad, ...good])
      expect(sameBits(values[2] ?? new Float32Array(), meanOf(3, LENGTH))).toBe(true)
    })
  })

  it('comes from a partial sum that overflows: everybody is told, everybody has its values', async () => {
    const { net, joinAll } = peersOf(3)
    await net.run(async () => {
      const groups = await joinAll()
      const failures = await Promise.all(
        groups.map(async (group) => {
          const values = new Float32Array(10).fill(3e38)
          const error = await reason(group.allReduce(values, { op: 'sum' }))
          expect(values).toEqual(new Float32Array(10).fill(3e38))
          return error
        })
      )
      for (const error of failures) {
        expect(error).toMatchObject({ code: 'ABORTED' })
        expect((error as Error).message).toContain('the sum at index 0 is not finite')
      }
    })
  })
})

describe('members that call different things', () => {
  const base = (): Float32Array => new Float32Array(3000)
  const cases: Record<string, [string, (group: Group, odd: boolean) => Promise<unknown>]> = {
    length: ['length', (group, odd) => group.allReduce(new Float32Array(odd ? 2999 : 3000))],
    dtype: ['dtype', (group, odd) => group.allReduce(odd ? new Float64Array(3000) : base())],
    'half dtype': [
      'dtype',
      (group, odd) =>
        group.allReduce(new Uint16Array(3000), { dtype: odd ? 'bfloat16' : 'float16' })
    ],
    op: ['op', (group, odd) => group.allReduce(base(), { op: odd ? 'max' : 'min' })],
    algorithm: [
      'algorithm',
      (group, odd) => group.allReduce(base(), { algorithm: odd ? 'tree' : 'ring' })
    ],
    collective: ['collective', (group, odd) => (odd ? group.barrier() : group.allReduce(base()))],
    tensors: [
      'layout',
      (group, odd) => group.allReduce(odd ? { weights: base() } : { weight: base() })
    ],
    policy: [
      'nonFinite',
      (group, odd) => group.allReduce(base(), { nonFinite: odd ? 'allow' : 'reject' })
    ]
  }
  for (const [name, [field, call]] of Object.entries(cases)) {
    it(`${name}: found, and named to both sides`, async () => {
      const { net, joinAll, members } = peersOf(3)
      await net.run(async () => {
        const groups = await joinAll()
        const errors = await Promise.all(
          groups.map((group) => reason(call(group, group.rank === 1)))
        )
        expect(errors[1]).toMatchObject({ code: 'REQUEST_MISMATCH', detail: { field } })
        const others = [errors[0], errors[2]] as GroupError[]
        const finder = others.find(({ code }) => code === 'REQUEST_MISMATCH')
        expect(finder?.detail).toMatchObject({ field, peer: members[1] })
        // who got to know of it first told the rest
        for (const { message } of others) {
          expect(message).toContain(`${field} is `)
          expect(message).toContain(members[1])
        }
        expect(net.clock.now()).toBeLessThan(1_500)
        // they are in step again
        await Promise.all(groups.map((group) => group.barrier()))
      })
    })
  }

  it('another root: those who wait for the one find out', async () => {
    const { net, joinAll, members } = peersOf(3)
    await net.run(async () => {
      const groups = await joinAll()
      const calls = groups.map((group) => {
        const root = members[group.rank === 1 ? 1 : 0]
        return group.broadcast(base(), { root })
      })
      const waiting = await reason(calls[2])
      expect(waiting).toMatchObject({
        code: 'REQUEST_MISMATCH',
        detail: { field: 'root', peer: members[1], ours: members[0], theirs: members[1] }
      })
      await Promise.allSettled(calls)
    })
  })

  it('nothing at all against something: the one with something finds out', async () => {
    const { net, joinAll, members } = peersOf(2)
    await net.run(async () => {
      const [one, other] = await joinAll()
      const error = reason(one?.allReduce(base()))
      await other?.allReduce(new Float32Array())
      expect(await error).toMatchObject({
        code: 'REQUEST_MISMATCH',
        detail: { peer: members[1], field: 'length', ours: '3000', theirs: '0' }
      })
    })
  })
})

describe('bad input to an operation', () => {
  const bad: Record<string, [(group: Group) => Promise<unknown>, object]> = {
    'NaN, by index': [
      (group) => group.allReduce(Float32Array.of(1, 2, NaN)),
      { code: 'NON_FINITE', detail: { tensor: '', index: 2, value: NaN } }
    ],
    'infinity, by tensor and index': [
      (group) => group.allReduce({ b: Float32Array.of(1), w: Float32Array.of(0, -Infinity) }),
      { code: 'NON_FINITE', detail: { tensor: 'w', index: 1, value: -Infinity } }
    ],
    'infinity in a half': [
      (group) => group.allReduce(Uint16Array.of(0, 0x7c00), { dtype: 'float16' }),
      { code: 'NON_FINITE', detail: { tensor: '', index: 1, value: Infinity } }
    ],
    'a half without its dtype': [
      (group) => group.allReduce(Uint16Array.of(0)),
      { code: 'BAD_DTYPE', detail: { actual: 'Uint16Array' } }
    ],
    'a dtype that is another': [
      (group) => group.allReduce(Float32Array.of(0), { dtype: 'float64' }),
      { code: 'BAD_DTYPE', detail: { dtype: 'float64' } }
    ],
    integers: [
      (group) => group.allReduce(new Int32Array(3) as unknown as Float32Array),
      { code: 'BAD_DTYPE', detail: { actual: 'Int32Array' } }
    ],
    'no values': [
      (group) => group.allReduce(undefined as unknown as Float32Array),
      { code: 'BAD_DTYPE', detail: { actual: 'Undefined' } }
    ],
    'a plain array': [
      (group) => group.allReduce([1, 2] as unknown as Float32Array),
      { code: 'BAD_DTYPE', detail: { actual: 'Array' } }
    ],
    'mixed tensors': [
      (group) => group.allReduce({ a: new Float32Array(1), b: new Float64Array(1) }),
      { code: 'MIXED_DTYPES' }
    ],
    'a negative weight': [
      (group) => group.allReduce(Float32Array.of(0), { weight: -1 }),
      { code: 'BAD_OPTION', detail: { option: 'weight', value: -1 } }
    ],
    'a weighted sum': [
      (group) => group.allReduce(Float32Array.of(0), { op: 'sum', weight: 2 }),
      { code: 'BAD_OPTION', detail: { option: 'weight' } }
    ],
    'a root that is none': [
      (group) => group.broadcast(Float32Array.of(0), { root: 'stranger' as PeerId }),
      { code: 'BAD_OPTION', detail: { option: 'root' } }
    ]
  }
  for (const [name, [call, error]] of Object.entries(bad)) {
    it(`${name}: refused, and the others are told whose fault it is`, async () => {
      const { net, joinAll, members } = peersOf(2)
      await net.run(async () => {
        const [one, other] = await joinAll()
        const others = reason(other?.allReduce(Float32Array.of(1)))
        expect(await reason(one && call(one))).toMatchObject(error)
        expect(await others).toMatchObject({
          code: 'PEER_FAILED',
          detail: { culprit: members[0], reporter: members[0] }
        })
        await Promise.all([one?.barrier(), other?.barrier()])
      })
    })
  }

  it('tags out of range and too many of them', async () => {
    const { net, join } = peersOf(1)
    await net.run(async () => {
      const group = await join(0)
      for (const tag of [-1, 0.5, 2 ** 32, NaN]) {
        expect(await reason(group.barrier({ tag }))).toMatchObject({
          code: 'BAD_OPTION',
          detail: { option: 'tag' }
        })
      }
      for (let tag = 0; tag < 16; tag++) await group.barrier({ tag })
      expect(await reason(group.barrier({ tag: 16 }))).toMatchObject({ code: 'BAD_OPTION' })
    })
  })

  it('lets a broadcast replace anything, and a gather ignore what it replaces', async () => {
    const { net, joinAll } = peersOf(2)
    await net.run(async () => {
      const groups = await joinAll()
      const parts = groups.map(({ rank }) =>
        new Float32Array(2).fill(NaN).fill(rank, rank, rank + 1)
      )
      await Promise.all(groups.map((group) => group.allGather(parts[group.rank] ?? parts[0]!)))
      expect(parts).toEqual([Float32Array.of(0, 1), Float32Array.of(0, 1)])
    })
  })
})

describe('making a group', () => {
  it('names the members that did not come', async () => {
    const { net, join, members } = peersOf(3)
    await net.run(async () => {
      const errors = await Promise.all(
        [0, 1].map((rank) => reason(join(rank, { connectTimeoutMs: 5_000 })))
      )
      for (const error of errors) {
        expect(error).toMatchObject({ code: 'NOT_CONNECTED' })
        expect(Object.keys((error as GroupError<'NOT_CONNECTED'>).detail.missing)).toEqual([
          members[2]
        ])
      }
      expect(net.clock.now()).toBeLessThan(7_500)
    })
  })

  it('takes members that come late, whatever the order', async () => {
    const { net, join, peers } = peersOf(3)
    await net.run(async () => {
      const first = join(2)
      await sleep(peers[0], 9_000)
      const second = join(0)
      await sleep(peers[0], 3_000)
      const startMs = net.clock.now()
      await Promise.all([first, second, join(1)])
      expect(net.clock.now() - startMs).toBeLessThan(100)
    })
  })

  it('can be given up, and made anew', async () => {
    const { net, join, joinAll } = peersOf(2)
    await net.run(async () => {
      const controller = new AbortController()
      const mine = new Error('no')
      const waiting = reason(join(0, { signal: controller.signal }))
      controller.abort(mine)
      expect(await waiting).toBe(mine)
      const groups = await joinAll()
      await Promise.all(groups.map((group) => group.barrier()))
    })
  })

  it('refuses those who are no members, and says so', async () => {
    const { net, join, members } = peersOf(3)
    await net.run(async () => {
      const two = members.slice(0, 2)
      const pair = [join(0, { members: two }), join(1, { members: two })]
      const error = await reason(join(2))
      expect(error).toMatchObject({ code: 'NOT_CONNECTED' })
      expect((error as Error).message).toContain('is no member of the group here')
      const groups = await Promise.all(pair)
      await Promise.all(groups.map((group) => group.barrier()))
    })
  })

  it('finds members in another order at the first operation', async () => {
    const { net, join, members } = peersOf(2)
    await net.run(async () => {
      const groups = await Promise.all([
        join(0),
        join(1, { members: [members[1] ?? never(), members[0] ?? never()] })
      ])
      const errors = await Promise.all(groups.map((group) => reason(group.barrier())))
      for (const error of errors) {
        expect(error).toMatchObject({ code: 'REQUEST_MISMATCH', detail: { field: 'members' } })
      }
    })
  })

  it('refuses a member that was restarted', async () => {
    const { net, join, joinAll, members, peers } = peersOf(2)
    await net.run(async () => {
      const [first] = await joinAll()
      peers[1]?.crash()
      await sleep(peers[0], 100)
      const again = net.addPeer('peer-1')
      const { connector, clock, random } = again
      const error = await reason(join(1, { connector, clock, random }))
      expect((error as Error).message).toContain('an earlier process life of it')
      expect(await reason(first?.barrier())).toMatchObject({
        code: 'PEER_FAILED',
        detail: { culprit: members[1] }
      })
    })
  })

  it('refuses what is no group', async () => {
    const { net, join, members } = peersOf(2)
    await net.run(async () => {
      const [first = never(), second = never()] = members
      const bad = [
        { members: [second] },
        { members: [first, first] },
        { id: '' },
        { id: 'x'.repeat(129) },
        { shards: [1] },
        { shards: [0, 0] },
        { shards: [1, -1] },
        { clusters: [[first]] },
        { clusters: [[first, second], []] },
        { patienceMs: 0 },
        { connectTimeoutMs: NaN }
      ]
      for (const options of bad) {
        expect(await reason(join(0, options))).toMatchObject({ code: 'BAD_GROUP' })
      }
    })
  })

  it('several of the same peers, told apart by their ids', async () => {
    const { net, joinAll } = peersOf(2)
    await net.run(async () => {
      const [ones, others] = await Promise.all([joinAll({ id: 'a' }), joinAll({ id: 'b' })])
      await Promise.all([...ones, ...others].map((group) => group.barrier()))
      await Promise.all(ones.map((group) => group.close()))
      const again = await Promise.all(others.map((group) => group.barrier()))
      expect(again.map(({ sequence }) => sequence)).toEqual([1, 1])
    })
  })
})

describe('closing a group', () => {
  it('refuses what comes after, fails what others still want, and waits for what came before', async () => {
    const { net, joinAll, members } = peersOf(2)
    await net.run(async () => {
      const groups = await joinAll()
      const values = groups.map(({ rank }) => valuesOf(rank, 5000))
      const reducing = groups.map((group) => group.allReduce(values[group.rank] ?? never()))
      const [first, second] = groups
      const closing = first?.close()
      expect(first?.close()).toBe(closing)
      expect(await reason(first?.barrier())).toMatchObject({ code: 'CLOSED' })
      await Promise.all(reducing)
      expect(values[0]).toEqual(meanOf(2, 5000))
      const error = await reason(second?.barrier())
      expect(error).toMatchObject({ code: 'PEER_FAILED', detail: { culprit: members[0] } })
      await closing
      await second?.close()
    })
  })

  it('does not wait for a member that is frozen longer than it has to', async () => {
    const { net, peers, joinAll } = peersOf(2)
    await net.run(async () => {
      const [first] = await joinAll()
      peers[1]?.freeze()
      const startMs = net.clock.now()
      await first?.close()
      expect(net.clock.now() - startMs).toBeLessThan(13_000)
    })
  })

  it('gives up operations when its signal fires', async () => {
    const { net, joinAll } = peersOf(2)
    await net.run(async () => {
      const [first] = await joinAll()
      const waiting = reason(first?.barrier())
      const mine = new Error('now')
      await first?.close({ signal: AbortSignal.abort(mine) })
      expect(await waiting).toBe(mine)
    })
  })
})

function never(): never {
  throw new Error('there is no such rank')
}
