import type { AbortOptions, CollectiveCompressor, DType, PeerId } from '@daa-compute/interface'

/** What a round brings together: one array, or several by name. */
export type RoundValues =
  | Float32Array
  | Float64Array
  | Uint16Array
  | Readonly<Record<string, Float32Array | Float64Array | Uint16Array>>

/** How a step's values are brought to a round: what `AllReduceOptions` of a run say of it. */
export interface StepOptions extends AbortOptions {
  /** How much the values count in the mean. Default 1 */
  readonly weight?: number | undefined
  /** Default `mean` */
  readonly op?: 'mean' | 'sum' | undefined
  /** What a `Uint16Array` holds. */
  readonly dtype?: DType | undefined
  readonly compressor?: CollectiveCompressor | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** What a replica asks of a round. */
export interface RoundOptions extends Omit<StepOptions, 'op'> {
  readonly op?: 'mean' | 'sum' | 'max' | undefined
  /** Whether this peer may begin in the middle of the run. */
  readonly enterLate?: boolean | undefined
  /** Whether it may begin a lineage where there is none. */
  readonly founds?: boolean | undefined
  /** Whether it would rather be told `BEHIND` than go on beside a better lineage. */
  readonly yields?: boolean | undefined
}

/** What became of a round: the same at everybody, but for the bytes and the time. */
export interface RoundResult {
  readonly participants: readonly PeerId[]
  /** Of them, those who had no part in the round before. */
  readonly newcomers: readonly PeerId[]
  readonly lineage: string
  /** Of the round, from 0. */
  readonly sequence: number
  /** Whether it is the end of a round that an earlier call brought values to. */
  readonly recovered: boolean
  readonly bytesSent: number
  readonly bytesReceived: number
}

/** What a run tells that a replica listens to. */
export interface RoundSourceEvents {
  /** The coming round has these members; a lineage that has forked off has another name. */
  configuration: { readonly lineage: string; readonly members: readonly PeerId[] }
}

/**
 * Where rounds come from: what a replica needs of a `Run` of `@daa-compute/allreduce`,
 * which is one. Rounds that this peer counts follow each other by sequence; a
 * peer that missed one is told so by an error with the code `BEHIND`.
 */
export interface RoundSource {
  readonly id: string
  readonly self: PeerId
  /** Everybody who can be reached, this peer included. */
  readonly members: readonly PeerId[]
  on(
    name: 'configuration',
    listener: (event: RoundSourceEvents['configuration']) => void
  ): () => void
  /** `sequence` is that of the coming round. */
  explain(): { readonly sequence: number }
  allReduce<Reduced extends RoundValues>(
    values: Reduced,
    options?: RoundOptions
  ): Promise<RoundResult & { readonly values: Reduced }>
}
