import { peerId, type PeerId, type Signer } from '@daa-compute/interface'
import type { Reader } from '@daa-compute/wire'
import { MAX_RUN_ID_LENGTH } from '../constants.ts'
import { REVOCATION_DOMAIN, REVOCATION_PREFIX } from './constants.ts'
import { fromText, readStatement, type SignedBytes, signStatement, toText } from './signed-text.ts'
import { badStatement, isRunName } from './token.ts'

/**
 * What a revocation says: the owner takes back all tokens for the run that it issued
 * to a peer, or to anybody, up to a time. Tokens issued later are good again.
 */
export interface Revocation {
  readonly owner: PeerId
  readonly run: string
  /** Without a peer: everybody. */
  readonly peer: PeerId | undefined
  /**
   * Tokens issued at this time or before are void; ms since 1970, by the owner's
   * clock. It is the revocation's sequence number, too: the greater one counts.
   */
  readonly issuedMs: number
}

/** What {@link issueRevocation} takes. */
export interface RevocationInit {
  /** The owner's. */
  readonly signer: Signer
  readonly run: string
  /** Default: everybody */
  readonly peer?: PeerId | undefined
  /** ms since 1970. */
  readonly issuedMs: number
}

/**
 * Issues a revocation, as text. It has an effect once a member of the run is given it,
 * which tells the others.
 *
 * @throws {AdmissionError} `BAD_STATEMENT` for a run or time that cannot be
 */
export async function issueRevocation(init: RevocationInit): Promise<string> {
  const { signer, run, peer, issuedMs } = init
  if (!isRunName(run)) throw badStatement('revocation', 'its run has no name, or too long a one')
  if (!Number.isSafeInteger(issuedMs) || issuedMs < 0) {
    throw badStatement('revocation', 'the time of its issue is no time')
  }
  const bytes = await signStatement(signer, REVOCATION_DOMAIN, (writer) =>
    writer
      .text(signer.peer)
      .text(run)
      .text(peer ?? '')
      .uint53(issuedMs)
  )
  return toText(REVOCATION_PREFIX, bytes)
}

/**
 * What a revocation says. It does not say whether the owner has signed it.
 *
 * @throws {AdmissionError} `BAD_STATEMENT` for anything but a revocation
 */
export function inspectRevocation(text: string): Revocation {
  const parsed = parseRevocation(revocationBytes(text))
  if (parsed === undefined) throw badStatement('revocation', NO_REVOCATION)
  return parsed.revocation
}

/** The bytes of a revocation in text. @throws {AdmissionError} `BAD_STATEMENT` */
export function revocationBytes(text: string): Uint8Array {
  const bytes = fromText(REVOCATION_PREFIX, text)
  if (bytes === undefined) throw badStatement('revocation', NO_REVOCATION)
  return bytes
}

/** A revocation and what is to be checked of it; `undefined` for anything else. */
export function parseRevocation(
  bytes: Uint8Array
): (SignedBytes & { readonly revocation: Revocation }) | undefined {
  try {
    const { fields, statement, signature } = readStatement(bytes, REVOCATION_DOMAIN, readRevocation)
    return isRunName(fields.run) ? { revocation: fields, statement, signature } : undefined
  } catch {
    return undefined
  }
}

const NO_REVOCATION = `it does not begin with ${REVOCATION_PREFIX}, or was cut or changed: copy all of it`

function readRevocation(reader: Reader): Revocation {
  const owner = peerId(reader.text(128))
  const run = reader.text(MAX_RUN_ID_LENGTH)
  const peer = reader.text(128)
  return {
    owner,
    run,
    peer: peer === '' ? undefined : peerId(peer),
    issuedMs: reader.uint53()
  }
}
