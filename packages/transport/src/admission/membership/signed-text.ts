import { createReader, createWriter, type Reader, type Writer } from '@daa-compute/wire'
import type { SignatureVerifier, Signer } from '@daa-compute/interface'
import { MAX_CREDENTIAL_LENGTH } from '../constants.ts'
import { MAX_SIGNATURE_LENGTH } from './constants.ts'

/** A statement of a run's owner, in bytes. */
export interface SignedBytes {
  /** What was signed: it begins with what it is for. */
  readonly statement: Uint8Array
  readonly signature: Uint8Array
}

/** Signs a statement, behind the name of what it is for. */
export async function signStatement(
  signer: Signer,
  domain: string,
  write: (writer: Writer) => Writer
): Promise<Uint8Array> {
  const statement = write(createWriter(512).text(domain)).finish()
  const signature = await signer.sign(statement)
  return createWriter(1024).prefixed(statement).prefixed(signature).finish()
}

/**
 * Takes a signed statement apart, without checking the signature.
 *
 * @throws {WireError} for anything else; {@link SyntaxError} for one of another kind
 */
export function readStatement<Fields>(
  bytes: Uint8Array,
  domain: string,
  read: (reader: Reader) => Fields
): SignedBytes & { readonly fields: Fields } {
  const outer = createReader(bytes)
  const statement = outer.prefixed(MAX_CREDENTIAL_LENGTH)
  const signature = outer.prefixed(MAX_SIGNATURE_LENGTH)
  outer.end()
  const reader = createReader(statement)
  if (reader.text(64) !== domain) throw new SyntaxError('the statement is of another kind')
  const fields = read(reader)
  reader.end()
  return { statement, signature, fields }
}

/** Whether the owner has signed it. */
export function isSignedBy(
  verifier: SignatureVerifier,
  owner: Parameters<SignatureVerifier['verify']>[0],
  { statement, signature }: SignedBytes
): Promise<boolean> {
  return verifier.verify(owner, statement, signature)
}

/** Bytes in text that survives copying: a prefix and base64url (RFC 4648, section 5) without padding. */
export function toText(prefix: string, bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return prefix + btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** The bytes behind such a text, if it is one; white space around it is ignored. */
export function fromText(prefix: string, text: string): Uint8Array | undefined {
  const trimmed = text.trim()
  if (!trimmed.startsWith(prefix) || trimmed.length > 2 * MAX_CREDENTIAL_LENGTH) return undefined
  const body = trimmed.slice(prefix.length)
  if (!/^[\w-]+$/.test(body)) return undefined
  try {
    const binary = atob(body.replaceAll('-', '+').replaceAll('_', '/'))
    return Uint8Array.from(binary, (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
