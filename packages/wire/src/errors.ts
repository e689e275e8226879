import { DaaError } from '@daa-compute/interface'

/** Codes of a {@link WireError} and what each carries; all lengths in bytes. */
export interface WireErrorDetails {
  /** The bytes end before the field does. */
  TRUNCATED: { readonly needed: number; readonly available: number }
  /** A length or count is larger than its field allows. */
  TOO_LONG: { readonly length: number; readonly limit: number }
  /** Bytes are left over behind the last field. */
  TRAILING_BYTES: { readonly count: number }
  /** A value is outside what its field can hold. */
  OUT_OF_RANGE: { readonly value: number }
  /** A text is not valid UTF-8. */
  BAD_TEXT: Record<never, never>
  /** The first bytes are not those of this family of protocols. */
  NOT_A_HELLO: Record<never, never>
  /** The two sides have no protocol version in common. */
  NO_COMMON_VERSION: { readonly ours: VersionRange; readonly theirs: VersionRange }
}

/** The protocol versions one side speaks, both ends included. */
export interface VersionRange {
  readonly min: number
  readonly max: number
}

/** What reading, writing or negotiating throws. */
export class WireError<
  Code extends keyof WireErrorDetails = keyof WireErrorDetails
> extends DaaError<WireErrorDetails, Code> {
  override readonly name: string = 'WireError'
}
