import { asError, type Channel, type Clock } from '@daa-compute/interface'
import {
  decodeAnswer,
  decodeGreeting,
  encodeAnswer,
  encodeGreeting,
  type Greeting,
  type TaggedGreeting
} from './greeting.ts'

/** The other side refused this one, for a reason it gave. */
export class RefusedError extends Error {
  override readonly name: string = 'RefusedError'
}

/** What the other side has opened a channel with is no greeting, or that of another run. */
export class GreetingError extends Error {
  override readonly name: string = 'GreetingError'
}

/** Whom a control channel leads to, and how far away that is. */
export interface Welcome {
  readonly incarnation: string
  /** ms from the greeting to its answer. */
  readonly rttMs: number
}

/**
 * Greets on a control channel that this side opened.
 *
 * @throws {RefusedError} with the peer's reason
 */
export async function greet(
  channel: Channel,
  greeting: Greeting,
  clock: Clock,
  signal: AbortSignal
): Promise<Welcome> {
  const sentMs = clock.now()
  await channel.send(encodeGreeting(greeting), { signal })
  const frame = await channel.receive({ signal })
  if (frame === undefined) throw new Error(`${channel.peer} closed instead of answering`)
  const answer = decodeAnswer(frame)
  if (answer.type === 'refused') throw new RefusedError(answer.reason)
  return { incarnation: answer.incarnation, rttMs: clock.now() - sentMs }
}

/**
 * Waits for the greeting on a channel the other side opened. A peer that says
 * nothing, or nonsense, or `refuse` gives a reason against, is told why and cut off.
 *
 * @throws {GreetingError} for nonsense
 */
export async function awaitGreeting(
  channel: Channel,
  ours: Greeting,
  refuse: (theirs: Greeting) => string | undefined,
  signal: AbortSignal
): Promise<TaggedGreeting> {
  try {
    const frame = await channel.receive({ signal })
    if (frame === undefined) throw new Error('closed without a greeting')
    const theirs = checkGreeting(frame, ours)
    const reason = refuse(theirs)
    if (reason !== undefined) throw new Error(reason)
    return theirs
  } catch (error) {
    const reason = asError(error).message
    await channel.send(encodeAnswer({ type: 'refused', reason }), { signal }).catch(() => undefined)
    await channel.close({ signal }).catch(() => undefined)
    throw error
  }
}

function checkGreeting(frame: Uint8Array, ours: Greeting): TaggedGreeting {
  try {
    const theirs = decodeGreeting(frame)
    for (const field of ['runId', 'hasher'] as const) {
      if (theirs[field] !== ours[field]) {
        throw new Error(
          `the ${field} is "${ours[field]}" at one end and "${theirs[field]}" at the other`
        )
      }
    }
    return theirs
  } catch (error) {
    throw new GreetingError(asError(error).message, { cause: error })
  }
}
