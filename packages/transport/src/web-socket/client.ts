import { WebSocket as Client } from 'ws'
import { MAX_WEB_SOCKET_MESSAGE } from '../constants.ts'

/**
 * The WebSocket to dial with, where it is worth not to take the platform's: that
 * of Node lays the mask of RFC 6455, section 5.3, over a message byte by byte in
 * JavaScript, which costs more than to encrypt it. The package ws, with which nodes
 * listen in any case, does it by `bufferutil` if that is there.
 */
export function createClient(uri: string): WebSocket | undefined {
  const client = new Client(uri, {
    perMessageDeflate: false,
    maxPayload: MAX_WEB_SOCKET_MESSAGE
  })
  // without a listener an error ends the process; a close follows each
  client.on('error', () => {})
  // libp2p listens some microtasks after it was opened, and go-libp2p begins to speak
  // at once: what came with the answer to the upgrade would be nobody's
  client.once('open', () => {
    if (client.listenerCount('message') === 0) client.pause()
  })
  client.on('newListener', (name) => {
    if (name === 'message') client.resume()
  })
  return client as unknown as WebSocket
}
