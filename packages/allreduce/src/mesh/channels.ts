import { asError, type Channel, type Clock, createDeadline } from '@daa-compute/interface'
import { CLOSE_TIMEOUT_MS } from '../constants.ts'

/**
 * Every channel of a mesh that is not over yet, whatever it is there for: of a
 * link, of one that is being made, or of a peer that is being turned away. So none
 * is left when the mesh stops.
 */
export class Channels {
  readonly #clock: Clock
  readonly #open = new Set<Channel>()
  #hasEnded = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Takes care of a channel until it is over. One that comes too late is aborted. */
  add(channel: Channel): void {
    if (this.#hasEnded) {
      channel.abort(new Error('the run was left'))
      return
    }
    this.#open.add(channel)
    void channel.closed.then(() => this.#open.delete(channel))
  }

  /** Closes what is open politely, and aborts what does not close in time. */
  async end(): Promise<void> {
    this.#hasEnded = true
    await closeAll([...this.#open], this.#clock)
  }
}

/**
 * Says goodbye on channels; what was sent is delivered if the other side takes it
 * within {@link CLOSE_TIMEOUT_MS}.
 */
export async function closeAll(channels: readonly Channel[], clock: Clock): Promise<void> {
  if (channels.length === 0) return
  using deadline = createDeadline(clock, CLOSE_TIMEOUT_MS, 'closing a link')
  const { signal } = deadline
  await Promise.all(
    channels.map((channel) =>
      channel.close({ signal }).catch((error: unknown) => channel.abort(asError(error)))
    )
  )
}
