import type { PeerId, Plan } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { DATA_HEADER_LENGTH, writeDataHeader } from '../src/executor/data-frame.ts'
import { DataRouter, type Recipient } from '../src/executor/router.ts'
import { planOf } from './reduce-together.ts'

const values = [new Float32Array(1), new Float32Array(1)]

/** A plan of two peers for one attempt. */
function plan(sequence: number, attempt: number, digest = 7): Plan {
  const base = planOf({ values })
  return {
    ...base,
    id: { ...base.id, sequence, attempt },
    digest: new Uint8Array(32).fill(digest)
  }
}

function frameOf({ id, digest }: Plan, segment = 0): Uint8Array {
  const frame = new Uint8Array(DATA_HEADER_LENGTH)
  const { sequence, attempt } = id
  writeDataHeader({ sequence, attempt, exchange: 0, chunk: 0, segment, weight: 0 }, digest, frame)
  return frame
}

const [one, other] = planOf({ values }).members.map(({ peer }) => peer) as [PeerId, PeerId]

/** A recipient that notes what it gets. */
function recipient(): Recipient & { readonly ranks: number[]; readonly errors: Error[] } {
  const ranks: number[] = []
  const errors: Error[] = []
  return {
    ranks,
    errors,
    fail: (error) => void errors.push(error),
    deliver(rank) {
      ranks.push(rank)
      return undefined
    }
  }
}

/** Whether a promise settles by microtasks alone. */
async function settles(promise: Promise<void> | undefined): Promise<boolean> {
  let isSettled = false
  void promise?.then(() => (isSettled = true))
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  return promise === undefined || isSettled
}

describe('a data router', () => {
  it('brings frames to the attempt that is going on, by rank', () => {
    const router = new DataRouter()
    const to = recipient()
    router.begin(plan(1, 0), to)
    expect(router.deliver(other, frameOf(plan(1, 0)))).toBeUndefined()
    void router.deliver(one, frameOf(plan(1, 0)))
    expect(to.ranks).toEqual([1, 0])
  })

  it('keeps frames of what is to come, each peer’s channel waiting', async () => {
    const router = new DataRouter()
    const early = router.deliver(other, frameOf(plan(2, 1)))
    expect(await settles(early)).toBe(false)
    const to = recipient()
    router.begin(plan(2, 0), recipient())
    router.end(plan(2, 0))
    expect(await settles(early)).toBe(false)
    router.begin(plan(2, 1), to)
    expect(await settles(early)).toBe(true)
    expect(to.ranks).toEqual([1])
  })

  it('drops frames of what is over, of strangers and of other plans, and tells of these', () => {
    const foreign: PeerId[] = []
    const router = new DataRouter((peer) => foreign.push(peer))
    const to = recipient()
    const first = plan(1, 0)
    router.begin(first, recipient())
    router.end(first)
    router.begin(plan(1, 1), to)
    expect(router.deliver(other, frameOf(first))).toBeUndefined()
    expect(router.deliver('stranger' as PeerId, frameOf(plan(1, 1)))).toBeUndefined()
    expect(router.deliver(other, frameOf(plan(1, 1, 8)))).toBeUndefined()
    expect(to.ranks).toEqual([])
    expect(foreign).toEqual(['stranger', other])
  })

  it('does not wait for what a fellow member cannot have come to', async () => {
    const router = new DataRouter()
    router.begin(plan(5, 0), recipient())
    expect(await settles(router.deliver(other, frameOf(plan(5 + 2 ** 20, 0))))).toBe(true)
    expect(await settles(router.deliver(other, frameOf(plan(6, 0))))).toBe(false)
    // whoever had no part in it may be anywhere
    const stranger = router.deliver('stranger' as PeerId, frameOf(plan(5 + 2 ** 20, 0)))
    expect(await settles(stranger)).toBe(false)
    // and so may everybody for whoever was out of the group meanwhile
    router.end(plan(5, 0))
    router.part()
    expect(await settles(router.deliver(one, frameOf(plan(90, 0))))).toBe(false)
  })

  it('fails an attempt of which it has dropped what came too early', () => {
    const router = new DataRouter()
    router.begin(plan(4, 0), recipient())
    router.end(plan(4, 0))
    // of a lineage that this peer has not been let into yet
    const early = plan(2, 0, 9)
    expect(router.deliver(other, frameOf(early))).toBeUndefined()
    router.reset()
    const to = recipient()
    router.begin(early, to)
    expect(to.errors).toMatchObject([{ culprit: undefined }])
    router.end(early)
    const next = recipient()
    router.begin(plan(2, 1, 10), next)
    expect(next.errors).toEqual([])
  })

  it('begins to count anew when told to', async () => {
    const router = new DataRouter()
    router.begin(plan(50, 0), recipient())
    router.end(plan(50, 0))
    const stale = router.deliver(other, frameOf(plan(51, 0)))
    expect(await settles(stale)).toBe(false)
    router.reset()
    expect(await settles(stale)).toBe(true)
    const to = recipient()
    router.begin(plan(3, 0), to)
    void router.deliver(other, frameOf(plan(3, 0)))
    expect(to.ranks).toEqual([1])
  })

  it('lets go of a frame whose peer is gone, and of all when it stops', async () => {
    const router = new DataRouter()
    const first = router.deliver(one, frameOf(plan(1, 0)))
    const second = router.deliver(other, frameOf(plan(1, 0)))
    router.forget(one)
    expect(await settles(first)).toBe(true)
    expect(await settles(second)).toBe(false)
    router.stop()
    expect(await settles(second)).toBe(true)
    const to = recipient()
    router.begin(plan(1, 0), to)
    void router.deliver(other, frameOf(plan(1, 0)))
    expect(to.ranks).toEqual([])
  })

  it('names who sends a frame without a header', () => {
    const router = new DataRouter()
    expect(() => router.deliver(other, new Uint8Array(DATA_HEADER_LENGTH - 1))).toThrow(
      `${other} sent a data frame of 31 bytes`
    )
  })
})
