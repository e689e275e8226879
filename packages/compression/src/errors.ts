import { DaaError, type CodecErrorDetails } from '@daa-compute/interface'

/** Codes of a {@link CodecError}: those of the contract, and those that only `createCodec` throws. */
export interface CompressionErrorDetails extends CodecErrorDetails {
  /** Differences from a base of another version than is held; `held` is undefined without one. */
  BASE_MISSING: { readonly wanted: bigint; readonly held: bigint | undefined }
  /** What `name` names remembers what was sent before: `createDelta` makes it, no `createCodec`. */
  STATEFUL: { readonly name: string }
  /** This machine stores numbers in big-endian order, which the kernels do not. */
  UNSUPPORTED_HOST: { readonly byteOrder: 'big' }
  /** The library of an entropy stage could not be loaded; `cause` says why. */
  ENTROPY_UNAVAILABLE: { readonly stage: string }
}

/** What this package throws. */
export class CodecError<
  Code extends keyof CompressionErrorDetails = keyof CompressionErrorDetails
> extends DaaError<CompressionErrorDetails, Code> {
  override readonly name: string = 'CodecError'
}

/** The error for bytes that no encoder of this package has written. */
export function malformed(reason: string, options?: ErrorOptions): CodecError<'MALFORMED'> {
  return new CodecError('MALFORMED', `cannot decode: ${reason}`, { reason }, options)
}

/** The error for a value that the codecs refuse to encode. */
export function nonFinite(index: number, value: number): CodecError<'NON_FINITE'> {
  return new CodecError(
    'NON_FINITE',
    `cannot encode: the value at index ${index} is ${value}; look for a diverged training step ` +
      'and do not contribute its gradients',
    { index, value }
  )
}
