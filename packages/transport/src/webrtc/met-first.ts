import type { AbortOptions, MultiaddrConnection, Upgrader } from '@libp2p/interface'
import { MAX_MEETINGS_PER_PEER } from '../constants.ts'

/** What of libp2p's connection over WebRTC tells whether the peers have met. */
interface Met {
  readonly peerConnection?: Pick<
    RTCPeerConnection,
    'connectionState' | 'addEventListener' | 'removeEventListener'
  >
}

/**
 * Components of a node whose inbound connections over WebRTC count when both ends
 * have met. libp2p takes the end of an introduction for that, so that whoever is
 * introduced and then hangs up would have a connection on which nothing ever moves.
 */
export function metFirst<Components extends { readonly upgrader: Upgrader }>(
  components: Components
): Components {
  const upgrader = meetingUpgrader(components.upgrader)
  return new Proxy(components, {
    get: (target, name): unknown => (name === 'upgrader' ? upgrader : Reflect.get(target, name))
  })
}

function meetingUpgrader(upgrader: Upgrader): Upgrader {
  const { upgradeInbound } = upgrader
  const meetings = new Map<string, number>()

  async function meet(connection: MultiaddrConnection & Met, options: AbortOptions): Promise<void> {
    const { peerConnection } = connection
    if (peerConnection === undefined || peerConnection.connectionState === 'connected') return
    const remote = String(connection.remoteAddr)
    const under = meetings.get(remote) ?? 0
    if (under >= MAX_MEETINGS_PER_PEER) throw new Error(`${remote} was introduced too often`)
    meetings.set(remote, under + 1)
    try {
      await connected(peerConnection, options)
    } finally {
      const left = (meetings.get(remote) ?? 1) - 1
      if (left === 0) meetings.delete(remote)
      else meetings.set(remote, left)
    }
  }

  return new Proxy(upgrader, {
    get(target, name): unknown {
      if (name === 'upgradeInbound') {
        return async (...[connection, options]: Parameters<typeof upgradeInbound>) => {
          await meet(connection, options)
          await upgradeInbound.call(target, connection, options)
        }
      }
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}

function connected(
  peerConnection: NonNullable<Met['peerConnection']>,
  { signal }: AbortOptions
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const look = (): void => {
    const { connectionState } = peerConnection
    if (connectionState === 'connected') resolve()
    if (connectionState === 'failed' || connectionState === 'closed') {
      reject(new Error('the peers were introduced, and did not meet'))
    }
  }
  const abort = (): void => reject(signal?.reason)
  peerConnection.addEventListener('connectionstatechange', look)
  signal?.addEventListener('abort', abort)
  if (signal?.aborted === true) abort()
  look()
  return promise.finally(() => {
    peerConnection.removeEventListener('connectionstatechange', look)
    signal?.removeEventListener('abort', abort)
  })
}
