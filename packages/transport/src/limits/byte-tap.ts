import type { MultiaddrConnection } from '@libp2p/interface'

/** What is told of the bytes of a connection. */
export interface ByteTap {
  /** Bytes have come. Whether they are passed on. */
  received(bytes: number): boolean
  /** They were read: decrypted, taken apart, handed to streams. */
  read(): void
  /** Bytes have left. */
  sent(bytes: number): void
}

interface Sized {
  readonly byteLength: number
}

/** Where the bytes of libp2p's own connections come and go, below every cipher. */
interface BytePipe {
  onData?(data: Sized): void
  sendData?(data: Sized): { readonly sentBytes: number }
}

/**
 * Counts what comes and goes over a connection, once per read and write of its
 * socket and not per frame.
 *
 * Not by a listener for its messages: between the steps of a handshake nobody
 * listens, which is what makes libp2p keep early bytes for the next step, and a
 * listener that only counts would let them be lost. So the two methods
 * that every connection of libp2p shares are overlaid, for this one connection.
 */
export function tapBytes(connection: MultiaddrConnection, tap: ByteTap): void {
  const pipe: BytePipe = connection as MultiaddrConnection & BytePipe
  const { onData, sendData } = pipe
  if (onData !== undefined) {
    pipe.onData = (data): void => {
      if (!tap.received(data.byteLength)) return
      try {
        onData.call(connection, data)
      } finally {
        tap.read()
      }
    }
  }
  if (sendData !== undefined) {
    pipe.sendData = (data): { readonly sentBytes: number } => {
      const result = sendData.call(connection, data)
      tap.sent(result.sentBytes)
      return result
    }
  }
}
