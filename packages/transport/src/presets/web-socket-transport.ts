import type {
  ConnectionGater,
  Listener,
  MultiaddrConnection,
  Transport,
  Upgrader
} from '@libp2p/interface'
import { ipPortToMultiaddr } from '@libp2p/utils'
import { webSockets } from '@libp2p/websockets'
import { WebSocketsSecure } from '@multiformats/multiaddr-matcher'
import { HTTP_TIMEOUT_MS, MAX_SILENT_SOCKETS, MAX_WEB_SOCKET_MESSAGE } from '../constants.ts'
import { handshakeTimedOut } from '../limits/connection-refusals.ts'
import { RefusalError } from '../limits/errors.ts'
import { reportTo } from '../limits/gates.ts'
import { dialWithClient } from '../web-socket/dial-with-client.ts'

type Init = Parameters<typeof webSockets>[0]
/** What libp2p makes transports of: the guard is asked by way of its gater. */
type Components = Parameters<ReturnType<typeof webSockets>>[0] & {
  readonly connectionGater: ConnectionGater
}
type Factory = (components: Components) => Transport

/**
 * libp2p's WebSocket, which needs a certificate to listen on secure addresses here,
 * and with three gaps closed through which strangers could keep sockets of a node for
 * ever, or its memory: it resets a connection by a code that WebSockets do
 * not take (1006, which RFC 6455 reserves in section 7.4.1), so that nothing is
 * reset, it waits without end for a socket to say what it wants, and it
 * gathers messages of 100 MiB.
 */
export function endingWebSockets(init?: Init): Factory {
  const create = webSockets(init)
  return (components: Components) => {
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
      const spoke = endSilent(listener, (error) => reportTo(components.connectionGater, error))
      limitMessages(listener)
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
  readonly websocket?: {
    close(): void
    terminate?(): void
    on?(name: 'error', listener: (error: Error) => void): void
  }
  sendReset?(): void
  onRemoteReset?(): void
}

function resettable(connection: MultiaddrConnection): MultiaddrConnection {
  const fields: Resettable = connection as MultiaddrConnection & Resettable
  const { websocket, onRemoteReset } = fields
  if (websocket === undefined) return connection
  // a frame that is none: of the package ws, whose error ends the process if nobody listens
  websocket.on?.('error', (error) => connection.abort(error))
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

/** Has a message that is announced too long end its connection, not gathered. */
function limitMessages(listener: Listener): void {
  const { wsServer } = listener as Listener & {
    readonly wsServer?: { readonly options: { maxPayload?: number } }
  }
  if (wsServer !== undefined) wsServer.options.maxPayload = MAX_WEB_SOCKET_MESSAGE
}

/** Sockets and servers, as far as they are needed here: browsers have none. */
interface Server {
  on(name: 'connection', listener: (socket: ServerSocket) => void): void
}
interface ServerSocket {
  readonly remoteAddress?: string
  readonly remotePort?: number
  readonly bytesRead: number
  once(name: 'close', listener: () => void): void
  destroy(): void
}

/**
 * Ends the sockets of a listener that have not become WebSockets in time, and of
 * more than may wait for it the oldest: who answers promptly gets through a crowd.
 *
 * @returns to be told of those that have. They are known by address and port: by
 * the port alone, who comes from two addresses could have one forgotten
 */
function endSilent(
  listener: Listener,
  onRefused: (error: RefusalError) => void
): (connection: MultiaddrConnection) => void {
  const { server } = listener as Listener & { readonly server?: Server }
  const waiting = new Map<string, () => void>()
  const silent = new Map<ServerSocket, string>()
  server?.on('connection', (socket) => {
    const { remoteAddress, remotePort } = socket
    // gone already
    if (remoteAddress === undefined || remotePort === undefined) return
    // as libp2p's listener writes it
    const address = String(ipPortToMultiaddr(remoteAddress, remotePort))
    const timer = setTimeout(() => {
      onRefused(handshakeTimedOut(address, HTTP_TIMEOUT_MS, socket.bytesRead))
      socket.destroy()
    }, HTTP_TIMEOUT_MS)
    const settle = (): void => {
      clearTimeout(timer)
      silent.delete(socket)
      if (waiting.get(address) === settle) waiting.delete(address)
    }
    const [oldest] = silent.size < MAX_SILENT_SOCKETS ? [] : silent
    if (oldest !== undefined) {
      onRefused(gaveWay(oldest[1]))
      oldest[0].destroy()
      silent.delete(oldest[0])
    }
    silent.set(socket, address)
    waiting.set(address, settle)
    socket.once('close', settle)
  })
  return ({ remoteAddr }) => waiting.get(String(remoteAddr).replace(/\/wss?$/, ''))?.()
}

function gaveWay(address: string): RefusalError<'TOO_MANY_HANDSHAKES'> {
  const limit = MAX_SILENT_SOCKETS
  return new RefusalError(
    'TOO_MANY_HANDSHAKES',
    `${address} gave way to another: ${limit} sockets have not become WebSockets yet, and it was the oldest`,
    { address, limit }
  )
}
