import type { MessageStream, MessageStreamReadStatus } from '@libp2p/interface'
import type { Socket } from 'node:net'

/** An address with nothing between libp2p's connection and the socket of TCP. */
const TCP_ADDRESS = /^\/(?:ip4|ip6|dns4|dns6|dns|dnsaddr)\/[^/]+\/tcp\/\d+(?:\/p2p\/[^/]+)?$/

/** What a connection of libp2p's TCP transport has, beyond what its type says. */
export interface SocketConnection extends MessageStream {
  readonly socket: Socket
  readonly readStatus: MessageStreamReadStatus
  /** Takes what has come. */
  onData(bytes: Uint8Array): void
}

/**
 * Whether a connection's bytes go straight to a socket: the address says so. The
 * socket is a private field; where there is none of that name, or none that does
 * what is needed, connections stay as they are.
 */
export function hasSocket(connection: MessageStream): connection is SocketConnection {
  if (!('remoteAddr' in connection && 'socket' in connection && 'onData' in connection)) {
    return false
  }
  const { remoteAddr, socket, onData } = connection
  return (
    TCP_ADDRESS.test(String(remoteAddr)) &&
    typeof onData === 'function' &&
    typeof socket === 'object' &&
    socket !== null &&
    ['cork', 'uncork', 'write'].every((name) => typeof Reflect.get(socket, name) === 'function')
  )
}
