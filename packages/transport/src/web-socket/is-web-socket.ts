import type { MessageStream } from '@libp2p/interface'

const WEB_SOCKET_ADDRESS = /\/(?:ws|wss)(?:\/p2p\/[^/]+)?$/

/** Whether a connection's bytes go straight to a WebSocket of libp2p's transport: the address says so. */
export function isWebSocket(connection: MessageStream): boolean {
  return (
    'remoteAddr' in connection &&
    'websocket' in connection &&
    WEB_SOCKET_ADDRESS.test(String(connection.remoteAddr))
  )
}
