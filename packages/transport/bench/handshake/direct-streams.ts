import type { MessageStream } from '@libp2p/interface'
import { AbstractMessageStream, multiaddrConnectionPair, type SendResult } from '@libp2p/utils'
import type { Uint8ArrayList } from 'uint8arraylist'

/** Two ends of a stream that hand their bytes over at once: nothing but the handshake takes time. */
export function directStreams(): readonly [MessageStream, MessageStream] {
  const [near, far] = [new DirectStream(), new DirectStream()]
  near.other = far
  far.other = near
  return [near, far]
}

const [{ log }] = multiaddrConnectionPair()

class DirectStream extends AbstractMessageStream {
  other: DirectStream | undefined

  constructor() {
    super({ log })
  }

  sendData(data: Uint8ArrayList): SendResult {
    const bytes = data.slice()
    queueMicrotask(() => this.other?.onData(bytes))
    return { sentBytes: bytes.length, canSendMore: true }
  }

  close(): Promise<void> {
    this.onTransportClosed()
    return Promise.resolve()
  }

  sendReset(): void {}
  sendPause(): void {}
  sendResume(): void {}
}
