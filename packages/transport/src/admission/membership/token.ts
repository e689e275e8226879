import { peerId, type PeerId, type Signer } from '@daa-compute/interface'
import type { Reader } from '@daa-compute/wire'
import { AdmissionError } from '../../errors.ts'
import { MAX_RUN_ID_LENGTH } from '../constants.ts'
import {
  DEFAULT_ROLE,
  MAX_ROLE_LENGTH,
  MAX_TOKEN_LIFETIME_MS,
  TOKEN_DOMAIN,
  TOKEN_PREFIX
} from './constants.ts'
import { fromText, readStatement, type SignedBytes, signStatement, toText } from './signed-text.ts'

/** What a membership token says: the owner lets the peer into the run. */
export interface MembershipToken {
  /** Who has signed it. */
  readonly owner: PeerId
  readonly run: string
  readonly peer: PeerId
  /** As what: 1 to 32 letters, digits, `-` or `_`. */
  readonly role: string
  /** When it was issued, in ms since 1970, by the owner's clock. A revocation counts for all that came before. */
  readonly issuedMs: number
  /** Until when it is good, in ms since 1970; at most 400 days after its issue. */
  readonly expiresMs: number
}

/** What {@link issueToken} takes. */
export interface TokenInit {
  /** The owner's. */
  readonly signer: Signer
  readonly run: string
  readonly peer: PeerId
  /** Default `trainer`, which takes part in rounds */
  readonly role?: string | undefined
  /** ms since 1970. */
  readonly issuedMs: number
  /** ms since 1970. */
  readonly expiresMs: number
}

/**
 * Issues a membership token: some 250 bytes, as text.
 *
 * @throws {AdmissionError} `BAD_STATEMENT` for a run, role or time that cannot be
 */
export async function issueToken(init: TokenInit): Promise<string> {
  const { signer, run, peer, role = DEFAULT_ROLE, issuedMs, expiresMs } = init
  const token = { owner: signer.peer, run, peer, role, issuedMs, expiresMs }
  const flaw = flawOf(token)
  if (flaw !== undefined) throw badStatement('token', flaw)
  const bytes = await signStatement(signer, TOKEN_DOMAIN, (writer) =>
    writer.text(token.owner).text(run).text(peer).text(role).uint53(issuedMs).uint53(expiresMs)
  )
  return toText(TOKEN_PREFIX, bytes)
}

/**
 * What a token says. It does not say whether the owner has signed it.
 *
 * @throws {AdmissionError} `BAD_STATEMENT` for anything but a token
 */
export function inspectToken(text: string): MembershipToken {
  const parsed = parseToken(tokenBytes(text))
  if (parsed === undefined) throw badStatement('token', NO_TOKEN)
  return parsed.token
}

/** The bytes of a token in text. @throws {AdmissionError} `BAD_STATEMENT` */
export function tokenBytes(text: string): Uint8Array {
  const bytes = fromText(TOKEN_PREFIX, text)
  if (bytes === undefined) throw badStatement('token', NO_TOKEN)
  return bytes
}

/** A token and what is to be checked of it; `undefined` for anything else. */
export function parseToken(
  bytes: Uint8Array
): (SignedBytes & { readonly token: MembershipToken }) | undefined {
  try {
    const { fields: token, statement, signature } = readStatement(bytes, TOKEN_DOMAIN, readToken)
    return flawOf(token) === undefined ? { token, statement, signature } : undefined
  } catch {
    return undefined
  }
}

/** Whoever is to sign it or read it cannot make sense of it. */
export function badStatement(
  kind: 'token' | 'revocation',
  flaw: string
): AdmissionError<'BAD_STATEMENT'> {
  return new AdmissionError('BAD_STATEMENT', `the ${kind} cannot be used: ${flaw}`, { kind, flaw })
}

/** Whether a run's name can be in a statement. */
export function isRunName(run: string): boolean {
  return run.length > 0 && new TextEncoder().encode(run).length <= MAX_RUN_ID_LENGTH
}

const NO_TOKEN = `it does not begin with ${TOKEN_PREFIX}, or was cut or changed: copy all of it`

function readToken(reader: Reader): MembershipToken {
  return {
    owner: peerId(reader.text(128)),
    run: reader.text(MAX_RUN_ID_LENGTH),
    peer: peerId(reader.text(128)),
    role: reader.text(MAX_ROLE_LENGTH),
    issuedMs: reader.uint53(),
    expiresMs: reader.uint53()
  }
}

function flawOf({ run, role, issuedMs, expiresMs }: MembershipToken): string | undefined {
  if (!isRunName(run)) return `a run's name has 1 to ${MAX_RUN_ID_LENGTH} bytes`
  if (!/^[\w-]{1,32}$/.test(role)) return 'a role is 1 to 32 letters, digits, - or _'
  if (!Number.isSafeInteger(issuedMs) || issuedMs < 0) return 'the time of its issue is no time'
  if (!Number.isSafeInteger(expiresMs) || expiresMs <= issuedMs) {
    return 'it has to expire after it was issued'
  }
  if (expiresMs - issuedMs > MAX_TOKEN_LIFETIME_MS) return 'it is good for more than 400 days'
  return undefined
}
