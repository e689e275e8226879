import {
  type Admission,
  type Channel,
  type Clock,
  createDeadline,
  type Introduction,
  type PeerId,
  type Random,
  type Refusal,
  unlessAborted
} from '@daa-compute/interface'
import { WireError } from '@daa-compute/wire'
import { ADMISSION_VERSIONS, NONCE_LENGTH, REFUSAL_TIMEOUT_MS } from './constants.ts'
import { NO_CREDENTIAL } from './messages.ts'
import type { AdmissionMetrics } from './metrics.ts'
import { refusal, RefusedError } from './refusal.ts'
import type { Admitted, Sessions } from './sessions.ts'

/** What the two ends of an introduction have in common. */
export interface Desk {
  readonly run: string
  readonly self: PeerId
  readonly admission: Admission
  readonly sessions: Sessions
  readonly clock: Clock
  readonly random: Random
  readonly metrics: AdmissionMetrics
}

export function drawNonce({ random }: Desk): Uint8Array {
  return random.fill(new Uint8Array(NONCE_LENGTH))
}

/** @param nonces of the opener and of the one who accepts */
export function introductionOf(
  { run, self, admission }: Desk,
  peer: PeerId,
  nonces: readonly [Uint8Array, Uint8Array]
): Introduction {
  if (admission.asks !== 'proof') return { run, self, peer, challenge: NO_CREDENTIAL }
  const challenge = new Uint8Array(2 * NONCE_LENGTH)
  challenge.set(nonces[0])
  challenge.set(nonces[1], NONCE_LENGTH)
  return { run, self, peer, challenge }
}

/** @throws {RefusedError} when the peer is not let in */
export async function admit(
  { admission }: Desk,
  introduction: Introduction,
  credential: Uint8Array,
  signal: AbortSignal | undefined
): Promise<Admitted> {
  const decide = async (): Promise<Admitted | Refusal> => {
    try {
      return await admission.admit(introduction, credential, { signal })
    } catch {
      signal?.throwIfAborted()
      // what went wrong is not a stranger's business
      return refusal('OTHER', 'its credential could not be checked: try again later')
    }
  }
  const decision = await unlessAborted(decide(), signal)
  if (!decision.admitted) throw new RefusedError(decision)
  return decision
}

/**
 * Lets a peer in with its channel. A revocation that comes while that is decided may
 * be about this peer, and would find no session to end: then it is decided again.
 *
 * @throws {RefusedError} when the peer is not let in
 */
export async function letIn(
  desk: Desk,
  channel: Channel,
  introduction: Introduction,
  credential: Uint8Array,
  signal: AbortSignal
): Promise<void> {
  const { sessions, metrics } = desk
  for (;;) {
    const before = sessions.revocations
    const admitted = await admit(desk, introduction, credential, signal)
    if (sessions.revocations !== before) continue
    sessions.admit(channel, admitted)
    metrics.admitted()
    return
  }
}

/** The credential to show to a peer that asks for one. */
export async function present(
  { admission }: Desk,
  introduction: Introduction,
  signal: AbortSignal
): Promise<Uint8Array> {
  return await unlessAborted(admission.present(introduction, { signal }), signal)
}

/** Reads the next frame as a message of this protocol. @throws {RefusedError} `MALFORMED`, `VERSION` */
export function decoded<Message>(
  decode: (frame: Uint8Array) => Message,
  frame: Uint8Array
): Message {
  try {
    return decode(frame)
  } catch (error) {
    if (error instanceof WireError && error.code === 'NO_COMMON_VERSION') {
      const { min, max } = ADMISSION_VERSIONS
      const reason = `it introduces itself in another version than ${min} to ${max}: update the older of the two`
      throw new RefusedError(refusal('VERSION', reason))
    }
    throw new RefusedError(
      refusal(
        'MALFORMED',
        'what it says is no introduction: use the same version of DAA Compute at both ends, or its credential is too long'
      )
    )
  }
}

/** Tells a peer why it is not let in, if it listens, and ends the channel. */
export async function turnAway(clock: Clock, channel: Channel, message: Uint8Array): Promise<void> {
  using deadline = createDeadline(clock, REFUSAL_TIMEOUT_MS, 'telling a peer why')
  const { signal } = deadline
  try {
    await channel.send(message, { signal })
    await channel.close({ signal })
  } catch (error) {
    channel.abort(error instanceof Error ? error : new TypeError(String(error)))
  }
}
