import { peerId } from '@daa-compute/interface'
import type { PeerId } from '@daa-compute/interface'
import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'
import { addressKey } from './address-key.ts'
import { RefusalError } from './errors.ts'
import type { GuardedConnection } from './guarded-connection.ts'
import type { GuardedConnections } from './guarded-connections.ts'
import type { TransportLimits } from './limits.ts'
import type { TokenBuckets } from './token-buckets.ts'

/** Options of {@link createGates}. */
export interface GatesInit {
  readonly limits: TransportLimits
  readonly connections: GuardedConnections
  readonly buckets: TokenBuckets
  /** Asked first. */
  readonly gater: ConnectionGater
  guard(maConn: MultiaddrConnection, direction: 'inbound' | 'outbound'): GuardedConnection
  onRefused(error: RefusalError): void
  onOpen(guarded: GuardedConnection): void
}

/**
 * The questions that libp2p asks about every connection: as soon as it is
 * there, once it is known whose it is, and when it is ready. Not a `true` but
 * an error says no, because libp2p ends the connection with it, and a dial of
 * this node's own rejects with it.
 */
export function createGates(init: GatesInit): ConnectionGater {
  const { limits, connections, gater, guard, onOpen } = init

  const gates: ConnectionGater = {
    // what is not asked here is asked as it was
    ...gater,

    async denyInboundConnection(maConn) {
      // one that was asked about when it was early
      if (connections.of(maConn) !== undefined) return false
      const address = String(maConn.remoteAddr)
      const refusal =
        (await gater.denyInboundConnection?.(maConn)) === true
          ? denied(address)
          : refusalOf(address, init)
      if (refusal !== undefined) {
        init.onRefused(refusal)
        throw refusal
      }
      guard(maConn, 'inbound')
      return false
    },

    async denyInboundEncryptedConnection(remote, maConn) {
      const guarded = connections.of(maConn) ?? guard(maConn, 'inbound')
      const { address } = guarded
      const peer = peerId(remote.toString())
      if ((await gater.denyInboundEncryptedConnection?.(remote, maConn)) === true) {
        throw guarded.refuse(denied(address, peer))
      }
      if (connections.count((other) => other.peer === peer) >= limits.maxConnectionsPerPeer) {
        throw guarded.refuse(tooManyOf(peer, address, limits.maxConnectionsPerPeer))
      }
      // those that came while this one proved who it is
      throwIfFull(guarded, init)
      guarded.peer = peer
      return false
    },

    async denyInboundUpgradedConnection(remote, maConn) {
      const guarded = connections.of(maConn)
      if ((await gater.denyInboundUpgradedConnection?.(remote, maConn)) === true) {
        const refusal = denied(String(maConn.remoteAddr), peerId(remote.toString()))
        throw guarded?.refuse(refusal) ?? refusal
      }
      if (guarded !== undefined) onOpen(guarded)
      return false
    },

    async denyOutboundConnection(remote, maConn) {
      if ((await gater.denyOutboundConnection?.(remote, maConn)) === true) return true
      guard(maConn, 'outbound')
      return false
    },

    async denyOutboundEncryptedConnection(remote, maConn) {
      // not asked about before if the dialled address did not say whose it is
      const guarded = connections.of(maConn) ?? guard(maConn, 'outbound')
      if ((await gater.denyOutboundEncryptedConnection?.(remote, maConn)) === true) return true
      guarded.peer = peerId(remote.toString())
      return false
    },

    async denyOutboundUpgradedConnection(remote, maConn) {
      if ((await gater.denyOutboundUpgradedConnection?.(remote, maConn)) === true) return true
      const guarded = connections.of(maConn)
      if (guarded !== undefined) onOpen(guarded)
      return false
    }
  }
  reporters.set(gates, init.onRefused)
  return gates
}

const reporters = new WeakMap<ConnectionGater, (error: RefusalError) => void>()

/**
 * Whether a gater is one of these: `denyInboundConnection` may then be asked about a
 * connection that libp2p does not know yet, and is not disturbed by its asking again.
 */
export function asksEarly(gater: ConnectionGater): boolean {
  return reporters.has(gater)
}

/** Counts and tells of what a transport refused before there was a connection to ask about. */
export function reportTo(gater: ConnectionGater, error: RefusalError): void {
  reporters.get(gater)?.(error)
}

/** Why a connection that has just come may not even begin, if so. */
function refusalOf(address: string, init: GatesInit): RefusalError | undefined {
  const { limits, connections, buckets } = init
  const key = addressKey(address)
  // first what costs the remote something, so that a full node is not asked for ever
  if (key !== undefined && !buckets.take(key)) {
    const perSecond = limits.connectionsPerSecond
    return new RefusalError(
      'CONNECTING_TOO_FAST',
      `${address} connects more than ${perSecond} times a second; it should keep its connections, or connectionsPerSecond be raised`,
      { address, perSecond }
    )
  }
  const begun = (from?: string): number =>
    connections.count(
      (one) =>
        one.phase === 'handshake' &&
        one.direction === 'inbound' &&
        (from === undefined || addressKey(one.address) === from)
    )
  if (begun() >= limits.maxHandshakes) return tooManyHandshakes(address, limits.maxHandshakes)
  if (key !== undefined && begun(key) >= limits.maxHandshakesPerAddress) {
    return tooManyHandshakes(address, limits.maxHandshakesPerAddress)
  }
  return full(address, init)
}

function full(address: string, { connections, limits }: GatesInit): RefusalError | undefined {
  const limit = limits.maxConnections
  // who has proved who it is has a place, however long its multiplexer is agreed on
  const taken = connections.count(({ phase, peer }) => phase === 'open' || peer !== undefined)
  if (taken < limit) return undefined
  return new RefusalError(
    'TOO_MANY_CONNECTIONS',
    `${address} cannot be connected, there are ${limit} connections; it may try another peer, or maxConnections be raised`,
    { address, limit }
  )
}

function throwIfFull(guarded: GuardedConnection, init: GatesInit): void {
  const refusal = full(guarded.address, init)
  if (refusal !== undefined) throw guarded.refuse(refusal)
}

function tooManyHandshakes(address: string, limit: number): RefusalError {
  return new RefusalError(
    'TOO_MANY_HANDSHAKES',
    `${address} cannot be connected, ${limit} handshakes are under way; it should try again later`,
    { address, limit }
  )
}

function tooManyOf(peer: PeerId, address: string, limit: number): RefusalError {
  return new RefusalError(
    'TOO_MANY_FROM_PEER',
    `${peer} has ${limit} connections already; it should use those, or maxConnectionsPerPeer be raised`,
    { address, peer, limit }
  )
}

function denied(address: string, peer?: PeerId): RefusalError {
  return new RefusalError(
    'DENIED',
    `${peer ?? address} is not wanted, says the gater of this node's configuration`,
    { address, peer }
  )
}
