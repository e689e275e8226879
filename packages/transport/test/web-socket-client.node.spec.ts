import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createClient } from '../src/web-socket/client.ts'

/** RFC 6455, section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

it('keeps what a server says together with its answer until somebody listens', async () => {
  const server = createServer()
  server.on('upgrade', (request, socket) => {
    const key = request.headers['sec-websocket-key'] ?? ''
    const accept = createHash('sha1')
      .update(key + GUID)
      .digest('base64')
    const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
    socket.on('error', () => {})
    socket.write(Buffer.concat([Buffer.from(head), Uint8Array.of(0x82, 3, 1, 2, 3)]))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = createClient(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)!
  try {
    client.binaryType = 'arraybuffer'
    await once(client, 'open')
    for (let turn = 0; turn < 10; turn++) await setImmediate()
    const message = await new Promise<MessageEvent<ArrayBuffer>>((resolve) => {
      client.addEventListener('message', resolve, { once: true })
    })
    expect([...new Uint8Array(message.data)]).toEqual([1, 2, 3])
  } finally {
    client.close()
    server.closeAllConnections()
    server.close()
  }
})
