import type { Admission, PeerId } from '@daa-compute/interface'
import {
  allowList,
  membershipTokens,
  MIN_KEY_LENGTH,
  openAdmission,
  parsePeerId,
  preSharedKey
} from '@daa-compute/transport'
import { NodeError } from './errors.ts'
import { checkFields, type FieldNames } from './known-fields.ts'

/** Everybody on the list, and nobody else. Each peer goes by its own list. */
export interface ListedPeers {
  /** Peer ids. This peer need not be among them. */
  readonly allow: readonly string[]
  readonly key?: never
  readonly owner?: never
}

/** Everybody who holds the same secret. */
export interface SharedKey {
  /** 32 random bytes or more; as text, in hexadecimal: `openssl rand -hex 32`. */
  readonly key: Uint8Array | string
  readonly allow?: never
  readonly owner?: never
}

/** Everybody with a token that the run's owner has signed, by the command `daa-token`. */
export interface TokenHolders {
  /** The owner's peer id. */
  readonly owner: string
  /** This peer's token. */
  readonly token: string
  /** Roles that may take part in rounds. Default: `trainer` */
  readonly roles?: readonly string[] | undefined
  /** Revocations known from the start; further ones come from the other members. Default: none */
  readonly revocations?: readonly string[] | undefined
  readonly allow?: never
  readonly key?: never
}

/**
 * Who may take part in a run. All peers of a run have to choose the same kind:
 * `'open'`, an allow-list, a pre-shared key, tokens, or an {@link Admission} of one's
 * own.
 */
export type AdmissionOption = 'open' | ListedPeers | SharedKey | TokenHolders | Admission

/**
 * @throws {NodeError} `BAD_CONFIG` for a peer id or key that is none
 * @throws {AdmissionError} `TOKEN_REFUSED`, `BAD_STATEMENT` for a token that would not
 * be let in
 */
export async function admissionOf(
  option: AdmissionOption | undefined,
  run: string,
  self: PeerId
): Promise<Admission> {
  checkAdmissionFields(option)
  if (option === undefined || option === 'open') return openAdmission()
  if ('admit' in option) return option
  if (option.allow !== undefined) return allowList([self, ...option.allow.map(peerIn('allow'))])
  if (option.key !== undefined) return preSharedKey(keyOf(option.key))
  const { owner, token, roles, revocations } = option
  if (typeof owner !== 'string' || typeof token !== 'string') {
    throw badConfig('admission', undefined, KINDS)
  }
  return await membershipTokens({
    run,
    self,
    owner: peerIn('owner')(owner),
    token,
    roles,
    revocations
  })
}

/**
 * Checks the shape of a choice, and nothing that takes a run to know.
 *
 * @throws {NodeError} `BAD_CONFIG`, also for two kinds at once; `UNKNOWN_FIELD`
 */
export function checkAdmissionFields(option: AdmissionOption | undefined): void {
  if (option === undefined || option === 'open') return
  if (typeof option !== 'object' || (option as unknown) === null) {
    throw badConfig('admission', option, KINDS)
  }
  if ('admit' in option) return
  checkFields('admission', option, { ...LISTED, ...SHARED, ...HOLDERS })
  const chosen = [LISTED, SHARED, HOLDERS].filter((fields) =>
    Object.entries(option).some(([name, value]) => value !== undefined && name in fields)
  )
  // of two, the one that is looked at first would count unseen
  if (chosen.length !== 1) throw badConfig('admission', undefined, KINDS)
}

type Own<Kind extends object> = FieldNames<{
  [Name in keyof Kind as Kind[Name] extends undefined ? never : Name]: true
}>
const LISTED: Own<ListedPeers> = { allow: true }
const SHARED: Own<SharedKey> = { key: true }
const HOLDERS: Own<TokenHolders> = { owner: true, token: true, roles: true, revocations: true }

/** What is said of anything else. */
const KINDS = "has to be 'open', { allow: […] }, { key } or { owner, token }"

function peerIn(field: string): (text: string) => PeerId {
  return (text) => {
    const peer = parsePeerId(text)
    if (peer !== undefined) return peer
    const hint = 'holds a text that is no peer id: they begin with 12D3Koo'
    throw badConfig(`admission.${field}`, text, hint)
  }
}

function keyOf(key: Uint8Array | string): Uint8Array {
  if (typeof key !== 'string') {
    if (key.length >= MIN_KEY_LENGTH) return key
    throw badConfig(
      'admission.key',
      undefined,
      `has to have ${MIN_KEY_LENGTH} random bytes or more`
    )
  }
  const text = key.trim()
  if (/^(?:[\da-f]{2})+$/i.test(text) && text.length >= 2 * MIN_KEY_LENGTH) {
    return Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))
  }
  // a secret is not repeated in a message
  const hint = `has to be ${2 * MIN_KEY_LENGTH} hexadecimal digits or more: make one with \`openssl rand -hex 32\``
  throw badConfig('admission.key', undefined, hint)
}

function badConfig(field: string, value: unknown, hint: string): NodeError<'BAD_CONFIG'> {
  return new NodeError('BAD_CONFIG', `${field} ${hint}`, { field, value })
}
