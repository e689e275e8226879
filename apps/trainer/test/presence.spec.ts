import { createEmitter, peerId, type PeerId } from '@daa-compute/interface'
import type { Run, RunEvents, RunExplanation } from '@daa-compute/node'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GONE_TIMEOUT_MS, LOOK_AGAIN_MS } from '../src/constants.ts'
import { watchPresence } from '../src/presence.ts'

/** A run whose members come and go as the test says. */
function createStage(here: number): {
  run: Pick<Run, 'members' | 'on' | 'explain'>
  become: (here: number) => void
  enter: (state: RunExplanation['state']) => void
  listeners: () => number
} {
  const { emit, on } = createEmitter<RunEvents>()
  const peer = peerId('12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp')
  let members: PeerId[] = Array.from({ length: here }, () => peer)
  let state: RunExplanation['state'] = 'forming'
  let listening = 0
  return {
    run: {
      get members() {
        return members
      },
      explain: () => ({
        state,
        sequence: 0,
        attempt: 0,
        up: members,
        members,
        awaited: {},
        unreachable: {},
        summary: ''
      }),
      on(name, listener) {
        listening++
        const end = on(name, listener)
        return () => {
          listening--
          end()
        }
      }
    },
    become(now) {
      const came = now > members.length
      members = Array.from({ length: now }, () => peer)
      if (came) emit('member:up', { peer })
      else emit('member:down', { peer, reason: 'left' })
    },
    enter: (next) => (state = next),
    listeners: () => listening
  }
}

describe('the presence of peers', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is told at once when it is too small, and given up later', () => {
    const { run, become } = createStage(3)
    const told = vi.fn<(here: number, needed: number) => void>()
    using presence = watchPresence(run, 2, told)
    become(2)
    expect(told).not.toHaveBeenCalled()
    become(1)
    expect(told.mock.calls).toEqual([[1, 2]])
    vi.advanceTimersByTime(GONE_TIMEOUT_MS - 1)
    expect(presence.signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(presence.signal.reason).toMatchObject({
      code: 'PEERS_GONE',
      detail: { here: 1, needed: 2 },
      message: expect.stringMatching(/^only 1 of at least 2 peers are left/)
    })
  })

  it('is too small from the start when peers went before', () => {
    const { run } = createStage(1)
    const told = vi.fn<(here: number, needed: number) => void>()
    using presence = watchPresence(run, 2, told)
    expect(told.mock.calls).toEqual([[1, 2]])
    vi.advanceTimersByTime(GONE_TIMEOUT_MS)
    expect(presence.signal.aborted).toBe(true)
  })

  it('is enough again when one comes back in time', () => {
    const { run, become } = createStage(2)
    const told = vi.fn<(here: number, needed: number) => void>()
    using presence = watchPresence(run, 2, told)
    become(1)
    vi.advanceTimersByTime(GONE_TIMEOUT_MS - 1)
    become(2)
    vi.advanceTimersByTime(GONE_TIMEOUT_MS)
    expect(told.mock.calls).toEqual([
      [1, 2],
      [2, 2]
    ])
    expect(presence.signal.aborted).toBe(false)
  })

  it('does not count while values move or votes are cast', () => {
    const { run, become, enter } = createStage(2)
    const told = vi.fn<(here: number, needed: number) => void>()
    using presence = watchPresence(run, 2, told)
    enter('deciding')
    become(1)
    expect(told).not.toHaveBeenCalled()
    vi.advanceTimersByTime(GONE_TIMEOUT_MS + LOOK_AGAIN_MS)
    expect(told).not.toHaveBeenCalled()
    expect(presence.signal.aborted).toBe(false)
    enter('forming')
    vi.advanceTimersByTime(LOOK_AGAIN_MS)
    expect(told.mock.calls).toEqual([[1, 2]])
    vi.advanceTimersByTime(GONE_TIMEOUT_MS)
    expect(presence.signal.aborted).toBe(true)
  })

  it('leaves no listener and no timer', () => {
    const { run, enter, listeners } = createStage(1)
    watchPresence(run, 2)[Symbol.dispose]()
    enter('reducing')
    watchPresence(run, 2)[Symbol.dispose]()
    expect(listeners()).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })
})
