import { createWriter } from '@daa-compute/wire'
import type { VoteMessage } from '../wire/messages.ts'

/**
 * The bytes that a vote's signature is over: all that it says, and whose it is.
 * The incarnation binds it to one process life, so that it cannot be replayed
 * for the next.
 */
export function ballotPaper(
  run: string,
  incarnation: string,
  vote: Omit<VoteMessage, 'signature' | 'type'>
): Uint8Array {
  return createWriter(192)
    .text('daa vote 1')
    .text(run)
    .text(incarnation)
    .bytes(vote.configuration)
    .uint32(vote.ballot)
    .text(vote.kind)
    .prefixed(vote.result ?? new Uint8Array())
    .bytes(vote.next)
    .finish()
}
