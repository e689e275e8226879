import type { PeerId, Refusal, RefusalCode } from '@daa-compute/interface'
import { ConnectorError } from '../errors.ts'
import { harmless } from '../harmless.ts'
import { MAX_REASON_LENGTH } from './constants.ts'

/** Refuses a peer, with the remedy in the reason, which may name what the peer has said. */
export function refusal(code: RefusalCode, reason: string): Refusal {
  return { admitted: false, code, reason: harmless(reason, MAX_REASON_LENGTH) }
}

/** One end does not let the other in; thrown between the parts of an introduction. */
export class RefusedError extends Error {
  override readonly name: string = 'RefusedError'
  readonly refusal: Refusal

  constructor(refused: Refusal) {
    super(refused.reason)
    this.refusal = refused
  }
}

/** What callers get to see of a refusal. @param refusedBy the other peer, or this one */
export function notAdmitted(
  run: string,
  peer: PeerId,
  refusedBy: PeerId,
  { code, reason }: Refusal
): ConnectorError<'NOT_ADMITTED'> {
  const message =
    refusedBy === peer
      ? `${peer} does not let this peer into the run ${run}: ${reason}`
      : `${peer} is not let into the run ${run}: ${reason}`
  return new ConnectorError('NOT_ADMITTED', message, {
    peer,
    run,
    refusedBy,
    refusal: code,
    reason
  })
}
