import { DaaError } from '@daa-compute/interface'

/** Codes of a {@link CryptoError} and what each carries. */
export interface CryptoErrorDetails {
  /** A key, nonce, ciphertext, seed or context is not as long as its algorithm says, in bytes. */
  BAD_LENGTH: { readonly what: string; readonly length: number; readonly expected: number }
  /** A public key is none: of low order for X25519, not reduced for ML-KEM. */
  BAD_PUBLIC_KEY: { readonly algorithm: string }
  /** Sealed bytes were altered, or sealed with another key, nonce or associated data. */
  NOT_AUTHENTIC: Record<never, never>
  /** The number of a first record is negative or no whole number. */
  BAD_NUMBER: { readonly number: number }
  /** A key has sealed as many records as can be numbered. */
  KEY_EXHAUSTED: { readonly records: number }
  /** An implementation does not give the published answers. */
  SELF_TEST_FAILED: { readonly algorithm: string; readonly implementation: string }
  /** This platform lacks the implementation that was asked for. */
  UNAVAILABLE: { readonly implementation: string }
}

/** What a primitive throws. */
export class CryptoError<
  Code extends keyof CryptoErrorDetails = keyof CryptoErrorDetails
> extends DaaError<CryptoErrorDetails, Code> {
  override readonly name: string = 'CryptoError'
}

/** @throws CryptoError `BAD_LENGTH` */
export function checkLength(what: string, { length }: Uint8Array, expected: number): void {
  if (length === expected) return
  throw new CryptoError(
    'BAD_LENGTH',
    `${what} has ${length} bytes instead of ${expected}; pass the bytes as its algorithm defines them`,
    { what, length, expected }
  )
}

/** @throws CryptoError `BAD_LENGTH` */
export function checkAtMost(what: string, { length }: Uint8Array, most: number): void {
  if (length <= most) return
  throw new CryptoError(
    'BAD_LENGTH',
    `${what} has ${length} bytes, and ${most} is the most it may have; pass a shorter one, a hash of it for instance`,
    { what, length, expected: most }
  )
}

export function badPublicKey(algorithm: string, cause?: unknown): CryptoError<'BAD_PUBLIC_KEY'> {
  return new CryptoError(
    'BAD_PUBLIC_KEY',
    `a public key is not a valid one of ${algorithm}; whoever sent it is faulty or hostile, refuse it`,
    { algorithm },
    { cause }
  )
}

export function notAuthentic(cause?: unknown): CryptoError<'NOT_AUTHENTIC'> {
  return new CryptoError(
    'NOT_AUTHENTIC',
    'sealed bytes do not match their tag; refuse whatever they came with',
    {},
    { cause }
  )
}
