import { type Channel, createDeadline, type Deadline, type PeerId } from '@daa-compute/interface'
import { INTRODUCTION_TIMEOUT_MS, MAX_PENDING, MAX_PENDING_PER_PEER } from './constants.ts'
import {
  decoded,
  type Desk,
  drawNonce,
  introductionOf,
  letIn,
  present,
  turnAway
} from './introduction.ts'
import {
  type Answer,
  BARE_WELCOME,
  decodeOffer,
  decodeReply,
  encodeAnswer,
  NO_CREDENTIAL
} from './messages.ts'
import { refusal, RefusedError } from './refusal.ts'

/** The other end has given up, or does not let this one in: there is nobody to answer. */
class GoneError extends Error {
  override readonly name: string = 'GoneError'
}

/** Introductions that others have begun: bounded in number and time. */
export class Acceptor {
  readonly #desk: Desk
  /** In the order in which they began. */
  readonly #pending = new Map<Deadline, PeerId>()

  constructor(desk: Desk) {
    this.#desk = desk
  }

  /** Ends them all. */
  stop(reason: Error): void {
    for (const deadline of [...this.#pending.keys()]) deadline.abort(reason)
  }

  /** @returns whether the other peer may use the channel; if not, it was told why */
  async serve(channel: Channel): Promise<boolean> {
    const { clock, metrics } = this.#desk
    using deadline = createDeadline(clock, INTRODUCTION_TIMEOUT_MS, 'an introduction')
    try {
      this.#enter(channel.peer, deadline)
      await greet(this.#desk, channel, deadline.signal)
      // it may have been thrown out meanwhile
      return this.#desk.sessions.has(channel)
    } catch (error) {
      if (error instanceof GoneError) {
        channel.abort(error)
        return false
      }
      const refused = this.#refusalOf(error, deadline)
      metrics.refused(refused.code)
      await turnAway(clock, channel, encodeAnswer({ type: 'refused', refusal: refused }))
      return false
    } finally {
      this.#pending.delete(deadline)
      metrics.pending(this.#pending.size)
    }
  }

  #enter(peer: PeerId, deadline: Deadline): void {
    let same = 0
    for (const other of this.#pending.values()) if (other === peer) same++
    if (same >= MAX_PENDING_PER_PEER) throw busy()
    if (this.#pending.size >= MAX_PENDING) {
      const [oldest] = this.#pending.keys()
      oldest?.abort(busy())
    }
    this.#pending.set(deadline, peer)
    this.#desk.metrics.pending(this.#pending.size)
  }

  #refusalOf(error: unknown, { hasPassed, signal }: Deadline): RefusedError['refusal'] {
    if (error instanceof RefusedError) return error.refusal
    if (hasPassed) return refusal('TIMEOUT', 'it did not introduce itself in time')
    if (signal.reason instanceof RefusedError) return signal.reason.refusal
    return refusal('OTHER', 'the introduction failed: try again')
  }
}

/** @throws {RefusedError} when the other peer is not let in */
async function greet(desk: Desk, channel: Channel, signal: AbortSignal): Promise<void> {
  const { admission, sessions } = desk
  const { peer } = channel
  const { asks } = admission
  const offer = decoded(decodeOffer, await nextFrame(channel, signal))
  if (offer.known && asks !== 'nothing') {
    await answer(channel, sessions.add(channel) ? BARE_WELCOME : { type: 'forgotten' }, signal)
    if (!sessions.has(channel)) throw new GoneError(`${peer} has to introduce itself again`)
    return
  }
  if (asks === 'proof' && offer.asks !== 'proof') {
    throw new RefusedError(
      refusal('MISSING', 'this run is for peers that hold its pre-shared key: configure it')
    )
  }
  const nonce = drawNonce(desk)
  const introduction = introductionOf(desk, peer, [offer.nonce, nonce])
  if (asks !== 'proof') {
    await letIn(desk, channel, introduction, offer.credential, signal)
  }
  const credential =
    offer.asks === 'nothing' ? NO_CREDENTIAL : await present(desk, introduction, signal)
  await answer(channel, { type: asks === 'proof' ? 'prove' : 'welcome', nonce, credential }, signal)
  if (offer.asks !== 'nothing') {
    const reply = decoded(decodeReply, await nextFrame(channel, signal))
    if (reply.type === 'refused') {
      desk.metrics.turnedAway(reply.refusal.code)
      throw new GoneError(`${peer} does not let this peer in: ${reply.refusal.reason}`)
    }
    if (asks === 'proof') {
      await letIn(desk, channel, introduction, reply.credential, signal)
      await answer(channel, BARE_WELCOME, signal)
    }
  }
  sessions.confirm(peer, true)
}

async function nextFrame(channel: Channel, signal: AbortSignal): Promise<Uint8Array> {
  try {
    const frame = await channel.receive({ signal })
    if (frame !== undefined) return frame
  } catch (error) {
    // whoever broke a rule of the channel, or the connection, cannot be told anything
    if (!signal.aborted) throw new GoneError('the channel has failed', { cause: error })
    throw error
  }
  throw new GoneError('it was closed during the introduction')
}

/** An end that has gone is found out by who uses the channel. */
async function answer(channel: Channel, message: Answer, signal: AbortSignal): Promise<void> {
  try {
    await channel.send(encodeAnswer(message), { signal })
  } catch (error) {
    if (signal.aborted) throw error
  }
}

function busy(): RefusedError {
  return new RefusedError(
    refusal('BUSY', 'too many introductions are under way at once: try again in a moment')
  )
}
