import { DaaError, type DType } from '@daa-compute/interface'

/** Codes of a {@link BucketError} and what each carries. */
export interface BucketErrorDetails {
  /** A tensor is no array of a dtype that can be reduced, or a `Uint16Array` without the dtype named. */
  BAD_TENSOR: { readonly tensor: string; readonly actual: string }
  /** A tensor's dtype is not that of those before it by name. */
  MIXED_DTYPES: { readonly tensor: string; readonly expected: DType; readonly actual: DType }
}

/** Why tensors cannot be fused. Nothing was changed. */
export class BucketError<
  Code extends keyof BucketErrorDetails = keyof BucketErrorDetails
> extends DaaError<BucketErrorDetails, Code> {
  override readonly name: string = 'BucketError'
}
