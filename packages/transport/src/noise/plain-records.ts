import { createPrimitives } from '@daa-compute/crypto'
import type { AbortOptions, MessageStream, StreamCloseEvent } from '@libp2p/interface'
import { AbstractMessageStream, type SendResult } from '@libp2p/utils'
import { Uint8ArrayList } from 'uint8arraylist'
import type { NoiseSession } from './session.ts'

const MAX_PLAINTEXT = 65_535 - 16

/** Records one by one, each in memory of its own. */
export function secureWithPlainRecords(
  stream: MessageStream,
  session: NoiseSession,
  early?: Uint8Array
): MessageStream {
  return new PlainRecords(stream, session, early)
}

class PlainRecords extends AbstractMessageStream {
  readonly #stream: MessageStream
  readonly #session: NoiseSession
  readonly #aead = createPrimitives().chaCha20Poly1305
  readonly #received = new Uint8ArrayList()
  #sent = 0
  #opened = 0

  constructor(stream: MessageStream, session: NoiseSession, early: Uint8Array | undefined) {
    const { log, inactivityTimeout, maxReadBufferLength, direction } = stream
    super({ log, inactivityTimeout, maxReadBufferLength, direction })
    this.#stream = stream
    this.#session = session
    if (early !== undefined) this.#read(early)
    stream.addEventListener('message', ({ data }) => this.#read(data))
    stream.addEventListener('close', (event) => this.#onClose(event))
    stream.addEventListener('drain', () => this.safeDispatchEvent('drain'))
    stream.addEventListener('remoteCloseWrite', () => this.onRemoteCloseWrite())
  }

  sendData(data: Uint8ArrayList): SendResult {
    const sentBytes = data.byteLength
    const out = new Uint8ArrayList()
    for (let i = 0; i < sentBytes; i += MAX_PLAINTEXT) {
      const plaintext = data.subarray(i, Math.min(i + MAX_PLAINTEXT, sentBytes))
      const nonce = nonceOf(this.#sent++)
      const record = this.#aead.seal(this.#session.sendKey, nonce, new Uint8Array(), plaintext)
      out.append(Uint8Array.of(record.length >>> 8, record.length & 0xff))
      out.append(record)
    }
    return { sentBytes, canSendMore: this.#stream.send(out) }
  }

  close(options?: AbortOptions): Promise<void> {
    return this.#stream.close(options)
  }

  sendReset(error: Error): void {
    this.#stream.abort(error)
  }

  sendPause(): void {
    this.#stream.pause()
  }

  sendResume(): void {
    this.#stream.resume()
  }

  #read(data: Uint8Array | Uint8ArrayList): void {
    this.#received.append(data)
    try {
      for (;;) {
        if (this.#received.byteLength < 2) return
        const length = this.#received.get(0) * 256 + this.#received.get(1)
        if (this.#received.byteLength < 2 + length) return
        const record = this.#received.subarray(2, 2 + length)
        this.#received.consume(2 + length)
        const nonce = nonceOf(this.#opened++)
        this.onData(this.#aead.open(this.#session.receiveKey, nonce, new Uint8Array(), record))
      }
    } catch (error) {
      this.abort(error as Error)
    }
  }

  #onClose({ error, local }: StreamCloseEvent): void {
    if (error === undefined) this.onTransportClosed()
    else if (local === true) this.abort(error)
    else this.onRemoteReset()
  }
}

function nonceOf(count: number): Uint8Array {
  const nonce = new Uint8Array(12)
  const view = new DataView(nonce.buffer)
  view.setUint32(4, count % 2 ** 32, true)
  view.setUint32(8, Math.floor(count / 2 ** 32), true)
  return nonce
}
