import { StreamAbortEvent, StreamCloseEvent } from '@libp2p/interface'
import type { Connection, MultiaddrConnection, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'

/** A transport's connection without a transport: bytes come and go as a test says. */
export class BareConnection extends EventTarget {
  readonly remoteAddr: ReturnType<typeof multiaddr>
  readonly timeline: { open: number } = { open: 0 }
  readonly streams: Stream[] = []
  /** What reads it: a cipher, say. */
  reader: ((bytes: Uint8Array) => void) | undefined
  error: Error | undefined
  closed = false

  constructor(address: string) {
    super()
    this.remoteAddr = multiaddr(address)
  }

  /** As its gater sees it. */
  get maConn(): MultiaddrConnection {
    return this as unknown as MultiaddrConnection
  }

  /** As its users see it, once it is open. */
  connection(remotePeer: Connection['remotePeer']): Connection {
    const { timeline, streams } = this
    const close = (): Promise<void> => Promise.resolve(this.leave())
    return { timeline, streams, remotePeer, close } as unknown as Connection
  }

  onData(bytes: Uint8Array): void {
    this.reader?.(bytes)
  }

  sendData(bytes: Uint8Array): { sentBytes: number; canSendMore: boolean } {
    return { sentBytes: bytes.byteLength, canSendMore: true }
  }

  abort(error: Error): void {
    if (this.closed) return
    this.closed = true
    this.error = error
    this.dispatchEvent(new StreamAbortEvent(error))
  }

  /** The remote, or this end, closes politely. */
  leave(): void {
    if (this.closed) return
    this.closed = true
    this.dispatchEvent(new StreamCloseEvent())
  }
}
