import { noise } from '@libp2p/noise'
import type { MessageStream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'
import type { Libp2p } from 'libp2p'
import { tcp } from '@libp2p/tcp'

/** Types and flags of yamux's frames (its specification, version 0). */
export const DATA = 0
export const WINDOW_UPDATE = 1
export const PING = 2
export const GO_AWAY = 3
export const SYN = 1
export const FIN = 4
export const RST = 8

/** A frame of yamux, with a length that need not be true. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  length: number,
  data: Uint8Array = new Uint8Array()
): Uint8Array {
  const bytes = new Uint8Array(12 + data.byteLength)
  const view = new DataView(bytes.buffer)
  view.setUint8(1, type)
  view.setUint16(2, flags)
  view.setUint32(4, stream)
  view.setUint32(8, length)
  bytes.set(data, 12)
  return bytes
}

/** A peer that has shaken hands as it should, and now says what it likes. */
export interface RawPeer {
  readonly libp2p: Libp2p
  /** Bytes to be encrypted as if they were frames. */
  send(...parts: readonly Uint8Array[]): void
  /** What has come from the other end, decrypted. */
  readonly received: number
  /** The connection has ended, whichever way. */
  readonly ended: Promise<void>
}

/** Connects a peer that has a multiplexer in name only. */
export async function connectRawPeer(addresses: Parameters<Libp2p['dial']>[0]): Promise<RawPeer> {
  const { promise, resolve } = Promise.withResolvers<MessageStream>()
  const libp2p = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [() => nameOnly(resolve)],
    connectionMonitor: { enabled: false }
  })
  const connection = await libp2p.dial(addresses)
  const stream = await promise
  let received = 0
  stream.addEventListener('message', ({ data }) => {
    received += data.byteLength
  })
  return {
    libp2p,
    get received() {
      return received
    },
    ended: new Promise((end) => connection.addEventListener('close', () => end())),
    send(...parts) {
      for (const part of parts) if (stream.status === 'open') stream.send(part)
    }
  }
}

function nameOnly(onStream: (stream: MessageStream) => void): StreamMuxerFactory {
  return {
    protocol: '/yamux/1.0.0',
    createStreamMuxer(stream) {
      onStream(stream)
      const muxer = { protocol: '/yamux/1.0.0', streams: [], status: 'open' }
      const nothing = { close: () => Promise.resolve(), abort: () => {} }
      return Object.assign(new EventTarget(), muxer, nothing) as unknown as StreamMuxer
    }
  }
}
