import type { Stream } from '@libp2p/interface'
import { AbstractStream, type SendResult } from '@libp2p/utils'
import { Uint8ArrayList } from 'uint8arraylist'
import { FLOW_WINDOW, MAX_READ_BUFFER } from '../constants.ts'
import { holdUnread, unreadOf } from '../limits/unread.ts'
import { BLOCK, blockHeader, BlockReader } from './block.ts'

/**
 * Gives flow control and reliable ends to a stream that lacks them, if the other
 * end does so too.
 *
 * WebRTC's data channels deliver whatever comes, read or not, and libp2p resets a
 * stream that holds too much; and a reset may come as a polite end, because the
 * closing of a data channel overtakes what was sent on it. So what is sent are
 * blocks: data, the credit for more of it, the end, the reset. Each end begins with
 * a credit of {@link FLOW_WINDOW}, as in HTTP/2 (RFC 9113, section 5.2), and gets
 * back what the other one's application has taken.
 */
export function withFlowControl(stream: Stream): Stream {
  return new FlowStream(stream)
}

class FlowStream extends AbstractStream {
  readonly #inner: Stream
  readonly #reader: BlockReader
  /** What may still be sent. */
  #credit = FLOW_WINDOW
  /** What the remote may still send. */
  #granted = FLOW_WINDOW
  #endSent = false
  #remoteEnded = false

  constructor(inner: Stream) {
    super({
      id: inner.id,
      protocol: inner.protocol,
      direction: inner.direction,
      log: inner.log,
      maxReadBufferLength: MAX_READ_BUFFER
    })
    this.#inner = inner
    holdUnread(inner, () => unreadOf(this))
    this.#reader = new BlockReader({
      onDataHeader: (length) => {
        if (length > this.#granted) {
          throw new RangeError(`${length} bytes were sent, ${this.#granted} may be`)
        }
        this.#granted -= length
      },
      onData: (bytes) => this.onData(bytes),
      onCredit: (bytes) => this.#onCredit(bytes),
      onEnd: () => this.#onEnd(),
      onReset: () => this.#onReset()
    })
    inner.addEventListener('message', ({ data }) => this.#onMessage(data))
    inner.addEventListener('drain', () => {
      // behind the microtask in which the stream below sends what it holds
      queueMicrotask(() => this.#onRoom())
    })
    // both politely and not: who has not said that it ended has been cut off
    inner.addEventListener('remoteCloseWrite', () => this.#onInnerEnd())
    inner.addEventListener('close', () => this.#onInnerEnd())
  }

  sendData(data: Uint8ArrayList): SendResult {
    const length = Math.min(data.byteLength, this.#credit)
    if (length === 0) return { sentBytes: 0, canSendMore: false }
    const block = new Uint8ArrayList(blockHeader(BLOCK.data, length))
    block.append(data.sublist(0, length))
    this.#credit -= length
    const room = this.#inner.send(block) && this.#inner.writeBufferLength === 0
    return { sentBytes: length, canSendMore: room && this.#credit > 0 }
  }

  sendReset(error: Error): void {
    // what lies below is the memory of a sender who is told that it is his again
    if (this.#inner.writeBufferLength > 0 || !this.#sendBlock(blockHeader(BLOCK.reset))) {
      this.#inner.abort(error)
    } else {
      this.#closeInner()
    }
  }

  sendPause(): void {
    // no credit is given while the reader pauses
  }

  sendResume(): void {
    this.#giveCredit()
  }

  async sendCloseWrite(): Promise<void> {
    this.#endSent = true
    this.#sendBlock(blockHeader(BLOCK.end))
    if (this.#remoteEnded) this.#closeInner()
    await Promise.resolve()
  }

  async sendCloseRead(): Promise<void> {
    this.#giveCredit()
    await Promise.resolve()
  }

  protected override dispatchReadBuffer(): void {
    super.dispatchReadBuffer()
    this.#giveCredit()
  }

  #onMessage(data: Uint8Array | Uint8ArrayList): void {
    try {
      for (const chunk of data instanceof Uint8Array ? [data] : data) this.#reader.push(chunk)
    } catch (error) {
      this.abort(error as Error)
    }
    // data that is dropped, because nobody reads any more, is paid for as well
    if (this.readStatus === 'closing' || this.readStatus === 'closed') this.#giveCredit()
  }

  #onCredit(bytes: number): void {
    if (bytes > FLOW_WINDOW - this.#credit) {
      throw new RangeError(`a credit of ${bytes} bytes exceeds what was sent`)
    }
    this.#credit += bytes
    this.#onRoom()
  }

  #onRoom(): void {
    const { writableNeedsDrain, writeBufferLength } = this.#inner
    if (!this.writableNeedsDrain || writableNeedsDrain || writeBufferLength > 0) return
    if (this.#credit > 0) this.safeDispatchEvent('drain')
  }

  #onEnd(): void {
    if (this.#remoteEnded) return
    this.#remoteEnded = true
    this.onRemoteCloseWrite()
    if (this.#endSent) this.#closeInner()
  }

  #onReset(): void {
    this.#onLost()
    this.#closeInner()
  }

  #onInnerEnd(): void {
    if (!this.#remoteEnded || !this.#endSent) this.#onLost()
  }

  #onLost(): void {
    if (this.status === 'open' || this.status === 'closing') this.onRemoteReset()
  }

  /** Lets the remote send what was taken here, once it is worth a block. */
  #giveCredit(): void {
    if (this.readStatus === 'paused' || this.readBufferLength > 0) return
    const due = FLOW_WINDOW - this.#granted
    if (this.#remoteEnded || this.status !== 'open' || due < FLOW_WINDOW / 2) return
    this.#granted += due
    this.#sendBlock(blockHeader(BLOCK.credit, due))
  }

  /** @returns whether the stream below took it */
  #sendBlock(block: Uint8Array): boolean {
    try {
      this.#inner.send(block)
      return true
    } catch {
      // it has closed, which its event tells
      return false
    }
  }

  #closeInner(): void {
    this.#inner.close().catch((error: unknown) => this.#inner.abort(error as Error))
  }
}
