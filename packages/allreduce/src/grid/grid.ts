import type { AbortOptions, EventSource, PeerId } from '@daa-compute/interface'
import type { RunInit } from '../run-init.ts'

/** How a peer takes part in a grid. What is left out is as in {@link RunInit}. */
export interface GridInit extends Pick<
  RunInit,
  | 'connector'
  | 'directory'
  | 'clock'
  | 'random'
  | 'codec'
  | 'algorithm'
  | 'placement'
  | 'budget'
  | 'hasher'
  | 'signer'
  | 'verifier'
  | 'suspectAfterMs'
  | 'logger'
  | 'metrics'
> {
  /** Name of the grid: 1 to 96 bytes of UTF-8. */
  readonly run: string
  /**
   * Places along an axis: 2 to 64, the same for all. A group has at most a quarter
   * more members, rounded up. Default 8
   */
  readonly groupSize?: number | undefined
  /**
   * Axes: 1 to 20, the same for all; after as many rounds every peer has mixed with
   * every other, if there are no more than `groupSize ** dimensions`. Default 3
   */
  readonly dimensions?: number | undefined
  /** Where this peer begins, one number below `groupSize` for each axis. Default: by its id */
  readonly coordinates?: readonly number[] | undefined
  /**
   * ms that the first of a cell wait for the others: at least by how much peers differ
   * in when they call. The same for all. Default 2,000
   */
  readonly gatherMs?: number | undefined
}

/** Options of one average. */
export interface AverageOptions extends AbortOptions {
  /**
   * How much the values count, relative to others': finite, at least 0, at most 2^20.
   * Left out, as much as what they were made of: after a round a peer stands for
   * its share of the weight of its group. Give it where the values are new. Default:
   * that of the last average, 1 at first
   */
  readonly weight?: number | undefined
  /** Told how much is done, in segments, while values move. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** What an average resolves with. */
export interface GridResult {
  /** What was given, now holding the weighted mean of the group's. */
  readonly values: Float32Array
  /** What the mean counts in this peer's next average. */
  readonly weight: number
  /** Whose values are in it, in the order of ranks: the same at each of them. */
  readonly participants: readonly PeerId[]
  /** The step of the grid, from 0; further by more than one where steps were missed. */
  readonly step: number
  /** Along which the group averaged. */
  readonly axis: number
  /** Where this peer is now. */
  readonly coordinates: readonly number[]
  readonly bytesSent: number
  readonly bytesReceived: number
  /** ms from the call on, waiting for the others included. */
  readonly durationMs: number
}

/** What a grid tells. */
export interface GridEvents {
  /** A group has averaged. */
  round: Omit<GridResult, 'values'>
  /** There was no group on this axis, or it failed; the next call takes the next one. */
  skipped: { readonly step: number; readonly axis: number; readonly reason: string }
}

/** What a grid is doing. */
export interface GridExplanation {
  /** `seeking`: finding out whom with; `gathering`: making links; `averaging`: in the group's round. */
  readonly state: 'idle' | 'seeking' | 'gathering' | 'averaging' | 'left'
  readonly step: number
  readonly axis: number
  readonly coordinates: readonly number[]
  /** The group at hand, this peer included; empty without one. */
  readonly group: readonly PeerId[]
  readonly summary: string
}

/** One peer's part in a grid. */
export interface Grid extends EventSource<GridEvents>, AsyncDisposable {
  readonly id: string
  readonly self: PeerId
  /** Where it is: its place along each axis. */
  readonly coordinates: readonly number[]

  /**
   * Averages with the others of this peer's cell along the next axis: replaces
   * `values` by their weighted mean, the same bits at each of them. Where nobody is,
   * or the group fails, it rejects with `NO_GROUP`, and the next call goes along the
   * next axis. Who has missed steps joins the others where they are.
   *
   * The values must not be touched until the promise settles. Calls queue up.
   *
   * @throws {GridError} the values are then byte for byte what they were
   */
  average(values: Float32Array, options?: AverageOptions): Promise<GridResult>

  /** What the grid is doing. */
  explain(): GridExplanation

  /** Leaves politely. Idempotent. */
  leave(): Promise<void>
}
