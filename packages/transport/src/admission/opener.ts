import { type Channel, createDeadline, type PeerId } from '@daa-compute/interface'
import { ChannelError, ConnectorError } from '../errors.ts'
import { ANSWER_TIMEOUT_MS } from './constants.ts'
import {
  admit,
  decoded,
  type Desk,
  drawNonce,
  introductionOf,
  letIn,
  present
} from './introduction.ts'
import { withLateVerdict } from './late-verdict.ts'
import {
  type Answer,
  decodeAnswer,
  encodeOffer,
  encodeReply,
  NO_CREDENTIAL,
  type Offer
} from './messages.ts'
import { notAdmitted, refusal, RefusedError } from './refusal.ts'

/**
 * Where its id decides about the other peer, decides before a channel to it is opened.
 *
 * @throws {RefusedError} when it is not let in
 */
export async function decideAhead(
  desk: Desk,
  peer: PeerId,
  signal: AbortSignal | undefined
): Promise<void> {
  if (desk.admission.asks !== 'nothing') return
  const nobody = { run: desk.run, self: desk.self, peer, challenge: NO_CREDENTIAL }
  await admit(desk, nobody, NO_CREDENTIAL, signal)
}

/**
 * Introduces this peer on a channel that it has opened. One round trip, if something
 * is asked of the other end, and none if the two know each other.
 *
 * @returns the channel to use from here on
 * @throws {RefusedError} when the other peer is not let in; {@link ConnectorError}
 * `NOT_ADMITTED` when it does not let this one in, and `UNREACHABLE`
 */
export async function introduce(
  desk: Desk,
  channel: Channel,
  signal: AbortSignal
): Promise<Channel> {
  const { admission, sessions } = desk
  const { peer } = channel
  const { asks } = admission
  const nonce = drawNonce(desk)
  const offer: Offer = { asks, known: sessions.isMutual(peer), nonce, credential: NO_CREDENTIAL }
  if (offer.known) {
    sessions.add(channel)
    await channel.send(encodeOffer(offer), { signal })
    return withLateVerdict(channel, readVerdict(desk, channel))
  }
  const mine = introductionOf(desk, peer, [nonce, nonce])
  // a proof answers a challenge that is not there yet
  const credential = asks === 'proof' ? NO_CREDENTIAL : await present(desk, mine, signal)
  await channel.send(encodeOffer({ ...offer, credential }), { signal })
  if (asks === 'nothing') {
    // opening took its time: it may not be let in any more
    await letIn(desk, channel, mine, NO_CREDENTIAL, signal)
    return withLateVerdict(channel, readVerdict(desk, channel))
  }
  return await converse(desk, channel, nonce, signal)
}

/** The other end shows something, too, and perhaps wants a proof. */
async function converse(
  desk: Desk,
  channel: Channel,
  nonce: Uint8Array,
  signal: AbortSignal
): Promise<Channel> {
  const { sessions, admission } = desk
  const { peer } = channel
  const answer = await nextAnswer(channel, signal)
  if (answer.type === 'refused' || answer.type === 'forgotten')
    throw refusedBy(desk, channel, answer)
  const isProof = answer.type === 'prove'
  const introduction = introductionOf(desk, peer, [nonce, answer.nonce])
  if (isProof !== (admission.asks === 'proof')) throw new RefusedError(OTHER_KIND)
  await letIn(desk, channel, introduction, answer.credential, signal)
  const credential = isProof ? await present(desk, introduction, signal) : NO_CREDENTIAL
  await channel.send(encodeReply({ type: 'accepted', credential }), { signal })
  if (isProof) return withLateVerdict(channel, readVerdict(desk, channel))
  sessions.confirm(peer, true)
  return channel
}

async function nextAnswer(channel: Channel, signal: AbortSignal): Promise<Answer> {
  const frame = await channel.receive({ signal })
  if (frame !== undefined) return decoded(decodeAnswer, frame)
  const { peer } = channel
  throw unanswered(peer)
}

/**
 * Reads what the other end says to this one, while the channel is in use already.
 *
 * @returns why the channel must not be used any more
 */
async function readVerdict(desk: Desk, channel: Channel): Promise<Error | undefined> {
  const { clock, sessions, run, self } = desk
  const { peer } = channel
  using deadline = createDeadline(clock, ANSWER_TIMEOUT_MS, 'a verdict')
  try {
    const frame = await channel.receive({ signal: deadline.signal })
    if (frame === undefined) return undefined
    const answer = decoded(decodeAnswer, frame)
    if (answer.type !== 'welcome') return refusedBy(desk, channel, answer)
    sessions.confirm(peer, true)
    return undefined
  } catch (error) {
    if (error instanceof RefusedError) return notAdmitted(run, peer, self, error.refusal)
    // a channel that has failed or was closed says so itself to who uses it
    return deadline.hasPassed ? unanswered(peer) : undefined
  }
}

/** What this end makes of an answer that is not the one it hopes for. */
function refusedBy(
  { run, self, sessions, metrics }: Desk,
  channel: Channel,
  answer: Answer
): Error {
  const { peer } = channel
  if (answer.type === 'refused') {
    metrics.turnedAway(answer.refusal.code)
    return notAdmitted(run, peer, peer, answer.refusal)
  }
  if (answer.type !== 'forgotten') return notAdmitted(run, peer, self, OTHER_KIND)
  sessions.confirm(peer, false)
  return new ChannelError(
    'RESET',
    `${peer} has begun anew and does not remember this peer: open another channel`,
    { peer }
  )
}

const OTHER_KIND = refusal(
  'OTHER',
  'the two ends check admission in different ways: configure the same at both'
)

function unanswered(peer: PeerId): ConnectorError<'UNREACHABLE'> {
  return new ConnectorError(
    'UNREACHABLE',
    `${peer} does not answer an introduction; check that it runs, and in the same version`,
    { peer }
  )
}
