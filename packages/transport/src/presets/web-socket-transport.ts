import type { Listener, MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { WebSocketsSecure } from '@multiformats/multiaddr-matcher'
import { HTTP_TIMEOUT_MS } from '../constants.ts'
import { dialWithClient } from '../web-socket/dial-with-client.ts'

type Init = Parameters<typeof webSockets>[0]
type Factory = ReturnType<typeof webSockets>

/**
 * libp2p's WebSocket, which needs a certificate to listen on secure addresses here,
 * and with two gaps closed through which strangers could keep
 * sockets of a node for ever: it resets a connection by a code that WebSockets do
 * not take (1006, which RFC 6455 reserves in section 7.4.1), so that nothing is
 * reset, and it waits without end for a socket to say what it wants.
 */
export function endingWebSockets(init?: Init): Factory {
  const create = webSockets(init)
  return (components) => {
    const transport = create(components)
    dialWithClient(transport)
    const { dial, createListener }: Transport = transport
    transport.dial = (address, options) =>
      dial.call(transport, address, { ...options, upgrader: endingUpgrader(options.upgrader) })
    transport.createListener = (options): Listener => {
      const upgrader = endingUpgrader(options.upgrader, (connection) => spoke(connection))
      const listener = createListener.call(transport, { ...options, upgrader })
      const { listen } = listener
      listener.listen = async (address) => {
        // libp2p would listen, and refuse whoever comes
        if (init?.https === undefined && WebSocketsSecure.exactMatch(address)) {
          throw new Error('no certificate was given')
        }
        await listen.call(listener, address)
      }
      const spoke = endSilent(listener)
      return listener
    }
    return transport
  }
}

/** The node's own, given connections that can be reset. */
function endingUpgrader(
  upgrader: Upgrader,
  onInbound?: (connection: MultiaddrConnection) => void
): Upgrader {
  const { upgradeInbound, upgradeOutbound } = upgrader
  return new Proxy(upgrader, {
    get(target, name): unknown {
      if (name === 'upgradeInbound') {
        return async (...[connection, options]: Parameters<typeof upgradeInbound>) => {
          onInbound?.(connection)
          try {
            await upgradeInbound.call(target, resettable(connection), options)
          } catch (error) {
            // libp2p would close it politely, and wait half a minute for an answer
            connection.abort(error as Error)
            throw error
          }
        }
      }
      if (name === 'upgradeOutbound') {
        return (...[connection, options]: Parameters<typeof upgradeOutbound>) =>
          upgradeOutbound.call(target, resettable(connection), options)
      }
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}

/** What of libp2p's connection over WebSocket makes a reset. */
interface Resettable {
  readonly websocket?: { close(): void; terminate?(): void }
  sendReset?(): void
  onRemoteReset?(): void
}

function resettable(connection: MultiaddrConnection): MultiaddrConnection {
  const fields: Resettable = connection as MultiaddrConnection & Resettable
  const { websocket, onRemoteReset } = fields
  if (websocket === undefined) return connection
  fields.sendReset = (): void => {
    // the platform's cannot be ended at once
    if (websocket.terminate === undefined) websocket.close()
    else websocket.terminate()
  }
  fields.onRemoteReset = (): void => {
    // the end of what this end has reset is no news
    if (connection.status === 'open' || connection.status === 'closing') {
      onRemoteReset?.call(connection)
    }
  }
  return connection
}

/** Sockets and servers, as far as they are needed here: browsers have none. */
interface Server {
  on(name: 'connection', listener: (socket: ServerSocket) => void): void
}
interface ServerSocket {
  readonly remotePort?: number
  once(name: 'close', listener: () => void): void
  destroy(): void
}

/**
 * Ends the sockets of a listener that have not become WebSockets in time.
 *
 * @returns to be told of those that have. Of these only the port is known, so
 * that one of another machine may go on for it, but none is ended by mistake
 */
function endSilent(listener: Listener): (connection: MultiaddrConnection) => void {
  const { server } = listener as Listener & { readonly server?: Server }
  const waiting = new Map<number, () => void>()
  server?.on('connection', (socket) => {
    const { remotePort = 0 } = socket
    const timer = setTimeout(() => socket.destroy(), HTTP_TIMEOUT_MS)
    const settle = (): void => {
      clearTimeout(timer)
      if (waiting.get(remotePort) === settle) waiting.delete(remotePort)
    }
    waiting.get(remotePort)?.()
    waiting.set(remotePort, settle)
    socket.once('close', settle)
  })
  return ({ remoteAddr }) => {
    const [, port] = /\/tcp\/(\d+)/.exec(String(remoteAddr)) ?? []
    waiting.get(Number(port))?.()
  }
}
