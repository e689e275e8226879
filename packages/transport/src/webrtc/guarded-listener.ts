import type { ConnectionGater, Listener, MultiaddrConnection, Upgrader } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { asksEarly } from '../limits/gates.ts'
import { EarlyConnection } from './early-connection.ts'

/** What of libp2p's listener for WebRTC-direct begins a connection. */
interface DirectListener {
  readonly init: { readonly upgrader: Upgrader }
  /** Those that have a native connection, by {@link keyOf}. */
  readonly connections: ReadonlyMap<string, unknown>
  incomingConnection(ufrag: string, host: string, port: number, signal: AbortSignal): Promise<void>
}

/**
 * Has the guard of a node asked before a stranger's packet makes a native
 * connection, and told of what becomes of it. libp2p does either only after DTLS and
 * Noise: until then anybody could have any number of connections, from addresses
 * that need not be true, and nobody would know.
 */
export function guardListener(listener: Listener, gater: ConnectionGater): void {
  if (!asksEarly(gater)) return
  const direct = listener as Listener & DirectListener
  const { incomingConnection } = direct
  // the same packet comes again and again until it is answered
  const begun = new Set<string>()

  direct.incomingConnection = async (ufrag, host, port, signal): Promise<void> => {
    const key = `${host}:${port}:${ufrag}`
    if (begun.has(key) || direct.connections.has(key)) return
    begun.add(key)
    const family = host.includes(':') ? 'ip6' : 'ip4'
    const early = new EarlyConnection(multiaddr(`/${family}/${host}/udp/${port}/webrtc-direct`))
    try {
      await gater.denyInboundConnection?.(early as unknown as MultiaddrConnection)
      const init = { ...direct.init, upgrader: adopting(direct.init.upgrader, early) }
      // the listener in all but the upgrader, which tells this connection from others
      const view = Object.create(direct, { init: { value: init } }) as DirectListener
      const both = AbortSignal.any([signal, early.signal])
      await incomingConnection.call(view, ufrag, host, port, both)
    } catch (error) {
      early.fail(error as Error)
      throw error
    } finally {
      begun.delete(key)
    }
  }
}

/** The node's own, told of what was early. */
function adopting(upgrader: Upgrader, early: EarlyConnection): Upgrader {
  const { upgradeInbound } = upgrader
  return new Proxy(upgrader, {
    get(target, name): unknown {
      if (name === 'upgradeInbound') {
        return (...[connection, options]: Parameters<typeof upgradeInbound>) => {
          early.become(connection)
          return upgradeInbound.call(target, connection, options)
        }
      }
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}
