import type { MultiaddrConnection, Upgrader } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it, vi } from 'vitest'
import { MAX_MEETINGS_PER_PEER } from '../../src/constants.ts'
import { metFirst } from '../../src/webrtc/met-first.ts'

/** One end of WebRTC that comes as far as it is told. */
class Meeting extends EventTarget {
  connectionState: RTCPeerConnectionState = 'connecting'

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state
    this.dispatchEvent(new Event('connectionstatechange'))
  }
}

const ALICE = '/webrtc/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
const BOB = '/webrtc/p2p/12D3KooWL1YZxivChkTpH5v1E2n2oQp6R97sZUjQZCPuGYamYpBM'

const options = (signal?: AbortSignal): Parameters<Upgrader['upgradeInbound']>[1] =>
  ({ signal }) as Parameters<Upgrader['upgradeInbound']>[1]

function connectionOf(peerConnection?: Meeting, remote = ALICE): MultiaddrConnection {
  const fields = { remoteAddr: multiaddr(remote), peerConnection }
  return fields as unknown as MultiaddrConnection
}

function setUp(): { upgraded: ReturnType<typeof vi.fn>; upgrader: Upgrader; name: string } {
  const upgraded = vi.fn<Upgrader['upgradeInbound']>(() => Promise.resolve())
  const upgrader = { upgradeInbound: upgraded } as unknown as Upgrader
  return { upgraded, ...metFirst({ upgrader, name: 'kept' }) }
}

describe('a connection over WebRTC', () => {
  it('counts when both ends have met', async () => {
    const { upgraded, upgrader, name } = setUp()
    const meeting = new Meeting()
    const counting = upgrader.upgradeInbound(connectionOf(meeting), options())
    meeting.become('connecting')
    await Promise.resolve()
    expect(upgraded).not.toHaveBeenCalled()
    meeting.become('connected')
    await counting
    expect(upgraded).toHaveBeenCalledTimes(1)
    expect(name).toBe('kept')
  })

  it('counts at once when they have, or when it is another kind', async () => {
    const { upgraded, upgrader } = setUp()
    const met = new Meeting()
    met.become('connected')
    await upgrader.upgradeInbound(connectionOf(met), options())
    await upgrader.upgradeInbound(connectionOf(), options())
    expect(upgraded).toHaveBeenCalledTimes(2)
  })

  it.each(['failed', 'closed'] as const)('never counts when it has %s', async (state) => {
    const { upgraded, upgrader } = setUp()
    const meeting = new Meeting()
    const counting = upgrader.upgradeInbound(connectionOf(meeting), options())
    meeting.become(state)
    await expect(counting).rejects.toThrow('did not meet')
    await expect(upgrader.upgradeInbound(connectionOf(meeting), options())).rejects.toThrow(
      'did not meet'
    )
    expect(upgraded).not.toHaveBeenCalled()
  })

  it('is waited for no longer than the signal says, and nothing is left of it', async () => {
    const { upgrader } = setUp()
    const meeting = new Meeting()
    const added = vi.spyOn(meeting, 'addEventListener')
    const removed = vi.spyOn(meeting, 'removeEventListener')
    const gone = new AbortController()
    const counting = upgrader.upgradeInbound(connectionOf(meeting), options(gone.signal))
    gone.abort(new Error('enough'))
    await expect(counting).rejects.toThrow('enough')
    await expect(
      upgrader.upgradeInbound(connectionOf(meeting), options(gone.signal))
    ).rejects.toThrow('enough')
    expect(removed).toHaveBeenCalledTimes(added.mock.calls.length)
  })

  it('is not waited for any number of times with one peer', async () => {
    const { upgraded, upgrader } = setUp()
    const meetings = Array.from({ length: MAX_MEETINGS_PER_PEER }, () => new Meeting())
    const counting = meetings.map((one) => upgrader.upgradeInbound(connectionOf(one), options()))
    const another = (remote?: string): Promise<void> => {
      const meeting = new Meeting()
      const counted = upgrader.upgradeInbound(connectionOf(meeting, remote), options())
      meeting.become('connected')
      return counted
    }
    await expect(another()).rejects.toThrow('too often')
    await another(BOB)
    for (const meeting of meetings) meeting.become('connected')
    await Promise.all(counting)
    await another()
    expect(upgraded).toHaveBeenCalledTimes(MAX_MEETINGS_PER_PEER + 2)
  })
})
