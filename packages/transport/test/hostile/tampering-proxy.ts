import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** What a dialler sends: lines of multistream-select, then messages of Noise, then records. */
export interface Piece {
  readonly kind: 'line' | 'message'
  /** Of its kind, from 0 on. The first messages are the handshake, and records follow. */
  readonly index: number
  readonly bytes: Buffer
}

/**
 * What the proxy passes on in place of a piece: pieces, as many as it likes;
 * `end` says that nothing follows.
 */
export type Tamper = (piece: Piece) => readonly Uint8Array[] | 'end'

/** Somebody on the way between a dialler and its peer. */
export interface TamperingProxy {
  readonly port: number
  /** All that has been passed on to the peer. */
  readonly passed: Buffer
  /** The peer has ended the connection, whichever way. */
  readonly ended: Promise<void>
  stop(): Promise<void>
}

/** Passes the connections of one dialler on to a port, and tampers with what it sends. */
export async function startProxy(port: number, tamper: Tamper): Promise<TamperingProxy> {
  const sockets: Socket[] = []
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  let passed = Buffer.alloc(0)
  const server = createServer((dialler) => {
    const peer = connect(port, '127.0.0.1')
    sockets.push(dialler, peer)
    const cut = createCutter((piece) => {
      const parts = tamper(piece)
      if (parts === 'end') return void peer.end()
      for (const part of parts) {
        passed = Buffer.concat([passed, part])
        if (!peer.writableEnded) peer.write(part)
      }
    })
    dialler.on('data', cut)
    peer.on('data', (data) => dialler.write(data))
    for (const event of ['end', 'close', 'error']) {
      peer.on(event, () => {
        resolve()
        dialler.destroy()
      })
    }
    dialler.on('error', () => peer.destroy())
    dialler.on('end', () => peer.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get passed() {
      return passed
    },
    ended,
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    }
  }
}

/** Cuts a dialler's bytes into pieces. Lines begin with a slash; no message of a handshake does. */
function createCutter(onPiece: (piece: Piece) => void): (data: Buffer) => void {
  let rest = Buffer.alloc(0)
  const counts = { line: 0, message: 0 }
  return (data) => {
    rest = Buffer.concat([rest, data])
    while (rest.byteLength >= 2) {
      const kind = counts.message === 0 && rest[1] === 0x2f ? 'line' : 'message'
      const length = kind === 'line' ? 1 + rest[0]! : 2 + rest.readUInt16BE(0)
      if (rest.byteLength < length) return
      const bytes = rest.subarray(0, length)
      rest = rest.subarray(length)
      onPiece({ kind, index: counts[kind]++, bytes })
    }
  }
}
