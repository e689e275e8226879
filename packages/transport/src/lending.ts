import type { MessageStream } from '@libp2p/interface'

/**
 * Who owns received bytes: the one rule.
 *
 * 1. What a stream of libp2p dispatches as a `message` belongs to whoever listens,
 *    for good. So it is with every stream of ours that nobody borrows from.
 * 2. Who borrows from a stream, by {@link borrowFrom}, is handed bytes that are
 *    valid until it returns. Whatever it wants to keep it copies before that.
 * 3. A stream whose bytes are borrowed may use their memory again, or give it
 *    back, as soon as the borrower has returned: no other reference exists.
 * 4. Bytes that cannot be handed over at once, because the stream is paused or
 *    earlier ones wait in it, are the stream's to keep. It copies what is only
 *    borrowed itself. They are dispatched as a `message` later, and rule 1 holds.
 *
 * So memory goes round in circles only where both ends of each step are ours: the
 * socket's slab to the records, the records' plaintext to the muxer, and that to a
 * channel, which copies it once, to where the frame is put together. Everybody
 * else, identify, gossipsub, a muxer of libp2p's, sees streams as libp2p has them.
 *
 * @param bytes of which nothing may be kept
 */
export type Borrower = (bytes: Uint8Array) => void

/** A stream that can lend. */
export interface Lender {
  /** From now on bytes go to the borrower, or to nobody in particular if there is none. */
  lendTo(borrower: Borrower | undefined): void
}

/**
 * Takes received bytes as a loan, where the stream lends.
 *
 * The borrower has to listen for `message` too, in either case: bytes that had to
 * wait come that way, before any that come later.
 *
 * @returns whether it does
 */
export function borrowFrom(stream: MessageStream, borrower: Borrower): boolean {
  if (!lends(stream)) return false
  stream.lendTo(borrower)
  return true
}

function lends(stream: MessageStream): stream is MessageStream & Lender {
  return 'lendTo' in stream && typeof stream.lendTo === 'function'
}
