import {
  type AbortOptions,
  type Channel,
  type Frame,
  type PeerId,
  unlessAborted
} from '@daa-compute/interface'

/**
 * A channel on which frames go out while the other end's verdict on this one is
 * still under way. What comes in waits for it. Afterwards the calls pass straight
 * through, or fail with the verdict.
 *
 * @param verdict why the channel must not be used, or nothing; never rejects, and
 * settles when the channel ends
 */
export function withLateVerdict(channel: Channel, verdict: Promise<Error | undefined>): Channel {
  return new LateVerdictChannel(channel, verdict)
}

class LateVerdictChannel implements Channel {
  readonly peer: PeerId
  readonly maxFrameLength: number
  readonly closed: Promise<Error | undefined>
  readonly #channel: Channel
  #verdict: Promise<Error | undefined> | undefined
  #refused: Error | undefined

  constructor(channel: Channel, verdict: Promise<Error | undefined>) {
    this.#channel = channel
    this.peer = channel.peer
    this.maxFrameLength = channel.maxFrameLength
    this.#verdict = verdict
    const settled = verdict.then((refused) => {
      this.#verdict = undefined
      this.#refused = refused
      if (refused !== undefined) channel.abort(refused)
      return refused
    })
    // the other end may close so soon behind its refusal that there is nothing left to abort
    this.closed = channel.closed.then(async (error) => (await settled) ?? error)
  }

  send(frame: Frame, options?: AbortOptions): Promise<void> {
    if (this.#refused !== undefined) return Promise.reject(this.#refused)
    return this.#channel.send(frame, options)
  }

  receive(options?: AbortOptions): Promise<Uint8Array | undefined> {
    if (this.#refused !== undefined) return Promise.reject(this.#refused)
    if (this.#verdict === undefined) return this.#channel.receive(options)
    return this.#receiveAfter(this.#verdict, options)
  }

  close(options?: AbortOptions): Promise<void> {
    return this.#channel.close(options)
  }

  abort(error: Error): void {
    this.#channel.abort(error)
  }

  async #receiveAfter(
    verdict: Promise<Error | undefined>,
    options?: AbortOptions
  ): Promise<Uint8Array | undefined> {
    const refused = await unlessAborted(verdict, options?.signal)
    if (refused !== undefined) throw refused
    return await this.#channel.receive(options)
  }
}
