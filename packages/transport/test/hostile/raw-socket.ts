import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

/** A socket in the hands of somebody who keeps to no protocol. */
export interface RawSocket {
  /** What the other end has sent so far. */
  readonly received: Buffer
  /** The other end has ended it, whichever way. */
  readonly ended: Promise<void>
  send(...parts: (Uint8Array | string)[]): void
  /** Waits until so many bytes have come. */
  until(bytes: number): Promise<void>
  /** Sends the end, and nothing more. */
  end(): void
  destroy(): void
}

/** @param from the address of this machine to come from; by default any */
export async function openSocket(
  { host, port }: { readonly host: string; readonly port: number },
  from?: string
): Promise<RawSocket> {
  const socket: Socket = connect({
    host,
    port,
    allowHalfOpen: true,
    ...(from !== undefined && { localAddress: from })
  })
  socket.setNoDelay(true)
  let received = Buffer.alloc(0)
  socket.on('data', (data) => {
    received = Buffer.concat([received, data])
    socket.emit('more')
  })
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  socket.on('error', () => resolve())
  socket.on('end', resolve)
  socket.on('close', () => resolve())
  // who is refused at once may hear of that first
  await Promise.race([new Promise((done) => socket.once('connect', done)), ended])
  return {
    get received() {
      return received
    },
    ended,
    send(...parts) {
      for (const part of parts) socket.write(part)
    },
    async until(bytes) {
      while (received.byteLength < bytes) await once(socket, 'more')
    },
    end: () => void socket.end(),
    destroy: () => void socket.destroy()
  }
}

/** A line of multistream-select: its length and itself. */
export function line(text: string): Uint8Array {
  const bytes = Buffer.from(`${text}\n`)
  return Uint8Array.of(bytes.byteLength, ...bytes)
}

/** A message of Noise, or a record of what follows: its length in two bytes, and itself. */
export function message(bytes: Uint8Array, length: number = bytes.byteLength): Uint8Array {
  return Uint8Array.of(length >> 8, length & 0xff, ...bytes)
}

/** What opens every connection. */
export const HELLO: readonly Uint8Array[] = [line('/multistream/1.0.0'), line('/noise')]

/** The same of who prefers the hybrid handshake. */
export const HYBRID: readonly Uint8Array[] = [
  line('/multistream/1.0.0'),
  line('/noise-mlkem768-hfs/0.2.0')
]

/** Bytes that the seed decides. */
export function garbage(length: number, seed: number): Uint8Array {
  let state = (seed * 2_654_435_761) >>> 0
  return Uint8Array.from({ length }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state
  })
}
