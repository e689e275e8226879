import { DaaError } from '@daa-compute/interface'

/** Codes of a {@link GridError} and what each carries. */
export interface GridErrorDetails {
  /** The grid was left; join it again. */
  LEFT: { readonly run: string }
  /** The values are no `Float32Array`. Nothing was sent. */
  BAD_DTYPE: { readonly actual: string }
  /** A weight that is not finite, negative, or over the cap. Nothing was sent. */
  BAD_WEIGHT: { readonly weight: number; readonly limit: number }
  /** The value at `index` is NaN or infinite. Nothing was sent. */
  NON_FINITE: { readonly index: number; readonly value: number }
  /**
   * Nobody else was in this peer's cell, or its group failed; `reason` says which, the
   * error's `cause` with what. Call again: the next step goes along the next axis.
   */
  NO_GROUP: { readonly step: number; readonly axis: number; readonly reason: string }
}

/** What an average rejects with. The caller's values are then byte for byte as they were. */
export class GridError<
  Code extends keyof GridErrorDetails = keyof GridErrorDetails
> extends DaaError<GridErrorDetails, Code> {
  override readonly name: string = 'GridError'
}
