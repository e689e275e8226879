import type { AbortOptions, AcceptHandler, Channel, PeerId } from '@daa-compute/interface'
import { notSupportedError, resetError, unreachableError } from './errors.ts'
import { type Envelope, type PortMessage, readEnvelope } from './messages.ts'
import { createPending, type Pending } from './pending.ts'
import { PortChannel } from './port-channel.ts'
import type { Port, PortEvent } from './port-connector.ts'

export interface PortLinkInit {
  readonly peer: PeerId
  readonly port: Port
  readonly maxFrameLength: number
  readonly windowLength: number
  readonly handlers: ReadonlyMap<string, AcceptHandler>
}

interface Opening {
  readonly protocol: string
  readonly channel: PortChannel
  readonly pending: Pending<Channel>
}

/** All channels with one peer, over one port. */
export class PortLink {
  readonly #init: PortLinkInit
  /** By who has opened them, and their number. */
  readonly #channels = new Map<string, PortChannel>()
  readonly #opening = new Map<number, Opening>()
  #opened = 0
  #isGone = false

  constructor(init: PortLinkInit) {
    this.#init = init
    init.port.addEventListener('message', this.#onMessage)
    init.port.addEventListener('close', this.#onClose)
    init.port.start()
  }

  open(protocol: string, { signal }: AbortOptions): Promise<Channel> {
    const { peer } = this.#init
    if (this.#isGone) return Promise.reject(unreachableError(peer))
    const number = this.#opened++
    const channel = this.#createChannel(number, true)
    const pending = createPending<Channel>(signal, () => {
      this.#opening.delete(number)
      channel.abort(signal?.reason as Error)
    })
    this.#opening.set(number, { protocol, channel, pending })
    this.#post(number, true, { type: 'open', protocol })
    return pending.promise
  }

  /** Ends everything with an error and closes the port. */
  stop(error: Error): void {
    for (const [number, { pending }] of this.#opening) {
      this.#opening.delete(number)
      pending.reject(error)
    }
    for (const channel of this.#channels.values()) channel.abort(error)
    this.#post(0, true, { type: 'bye' })
    this.#leave()
    this.#init.port.close()
  }

  readonly #onMessage = ({ data }: PortEvent): void => {
    const envelope = readEnvelope(data)
    if (envelope !== undefined) this.#dispatch(envelope)
  }

  readonly #onClose = (): void => {
    const { peer } = this.#init
    this.#leave()
    for (const [number, { pending }] of this.#opening) {
      this.#opening.delete(number)
      pending.reject(unreachableError(peer))
    }
    for (const channel of this.#channels.values()) channel.end(resetError(peer))
  }

  #dispatch({ channel: number, mine: isTheirs, message }: Envelope): void {
    if (message.type === 'bye') return this.#onClose()
    if (message.type === 'open') {
      if (isTheirs) this.#answer(number, message.protocol)
      return
    }
    const opening = isTheirs ? undefined : this.#opening.get(number)
    if (opening === undefined) {
      this.#channels.get(key(number, !isTheirs))?.onMessage(message)
    } else if (message.type === 'accept') {
      this.#opening.delete(number)
      opening.pending.resolve(opening.channel)
    } else if (message.type === 'refuse') {
      this.#opening.delete(number)
      const error = notSupportedError(this.#init.peer, opening.protocol)
      opening.channel.end(error)
      opening.pending.reject(error)
    }
  }

  #answer(number: number, protocol: string): void {
    const handler = this.#init.handlers.get(protocol)
    if (handler === undefined || this.#channels.has(key(number, false))) {
      return this.#post(number, false, { type: 'refuse' })
    }
    this.#post(number, false, { type: 'accept' })
    handler(this.#createChannel(number, false))
  }

  #createChannel(number: number, mine: boolean): PortChannel {
    const name = key(number, mine)
    const channel = new PortChannel({
      ...this.#init,
      post: (message, transfer) => this.#post(number, mine, message, transfer),
      onOver: () => void this.#channels.delete(name)
    })
    this.#channels.set(name, channel)
    return channel
  }

  #post(channel: number, mine: boolean, message: PortMessage, transfer: ArrayBuffer[] = []): void {
    const envelope: Envelope = { daa: 1, channel, mine, message }
    if (!this.#isGone) this.#init.port.postMessage(envelope, transfer)
  }

  #leave(): void {
    this.#isGone = true
    this.#init.port.removeEventListener('message', this.#onMessage)
    this.#init.port.removeEventListener('close', this.#onClose)
  }
}

function key(number: number, mine: boolean): string {
  return `${mine ? 'mine' : 'theirs'} ${number}`
}
