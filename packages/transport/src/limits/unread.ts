import type { Stream } from '@libp2p/interface'

/** What has left a stream's own buffer and nobody has read, by the stream. */
const behind = new WeakMap<Stream, () => number>()

/**
 * Says what is held of a stream outside of it: by who takes its bytes as they come
 * and puts them by, an inbox, or another stream.
 */
export function holdUnread(stream: Stream, bytes: () => number): void {
  behind.set(stream, bytes)
}

/** Bytes that have come for a stream and that its reader has not taken, wherever they are held. */
export function unreadOf(stream: Stream): number {
  return stream.readBufferLength + (behind.get(stream)?.() ?? 0)
}
