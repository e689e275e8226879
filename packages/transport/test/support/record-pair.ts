import type { MessageStream, MultiaddrConnection } from '@libp2p/interface'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { join } from '../../src/noise/records/record-writer.ts'
import { secureWithRecords } from '../../src/noise/records/secure-with-records.ts'
import type { NoiseSession } from '../../src/noise/session.ts'

const [one, other, handshakeHash] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array
]

/** What a handshake would have left at either end. */
export const SESSIONS: readonly [near: NoiseSession, far: NoiseSession] = [
  { sendKey: one, receiveKey: other, handshakeHash },
  { sendKey: other, receiveKey: one, handshakeHash }
]

/** An encrypted connection of this process, and what is on its wire. */
export interface RecordPair {
  readonly near: MessageStream
  readonly far: MessageStream
  /** What arrives at the far end, as it was or as it shall be. */
  readonly wire: { alter: (bytes: Uint8Array) => Uint8Array[] }
  readonly connections: readonly [near: MultiaddrConnection, far: MultiaddrConnection]
}

/** @param early what the far end has received when its handshake ended */
export function createRecordPair(early?: Uint8Array): RecordPair {
  const [nearConnection, farConnection] = multiaddrConnectionPair()
  const wire = { alter: (all: Uint8Array): Uint8Array[] => [all] }
  const pipe = farConnection as MultiaddrConnection & { onData(bytes: Uint8Array): void }
  const onData = pipe.onData.bind(pipe)
  pipe.onData = (all): void => {
    for (const altered of wire.alter(all.subarray())) {
      // a copy that is overwritten once it was read: whoever kept a view of it loses
      const slab = altered.slice()
      onData(slab)
      slab.fill(0xee)
    }
  }
  return {
    near: secureWithRecords(nearConnection, SESSIONS[0]),
    far: secureWithRecords(farConnection, SESSIONS[1], early),
    wire,
    connections: [nearConnection, farConnection]
  }
}

/** Everything that a stream gives to a listener, as it comes. */
export function collect(stream: MessageStream): {
  readonly bytes: () => Uint8Array
  reached(length: number): Promise<void>
} {
  const chunks: Uint8Array[] = []
  let length = 0
  let waiting: { readonly length: number; readonly resolve: () => void } | undefined
  stream.addEventListener('message', ({ data }) => {
    chunks.push(...(data instanceof Uint8Array ? [data] : data))
    length += data.byteLength
    if (waiting !== undefined && length >= waiting.length) waiting.resolve()
  })
  return {
    bytes() {
      return join(chunks)
    },
    reached(wanted) {
      if (length >= wanted) return Promise.resolve()
      return new Promise((resolve) => {
        waiting = { length: wanted, resolve }
      })
    }
  }
}

/** How a stream ended. */
export function closed(stream: MessageStream): Promise<Error | undefined> {
  return new Promise((resolve) => {
    stream.addEventListener('close', ({ error }) => resolve(error), { once: true })
  })
}

/** Bytes by which a wrong place is seen. */
export function bytes(length: number, seed = 0): Uint8Array {
  return new Uint8Array(length).map((_, i) => i * 31 + (i >>> 8) * 7 + seed)
}

/** Whether bytes are equal; matchers take seconds for a megabyte. */
export function same(left: Uint8Array, right: Uint8Array): boolean {
  return left.byteLength === right.byteLength && left.every((byte, i) => byte === right[i])
}
