import type { Codec, EventSource, PeerId } from '@daa-compute/interface'
import type { NamedTensors } from './bucket/layout.ts'
import type { Values } from './executor/tensor.ts'
import type { AllReduceOptions, AllReduceResult } from './all-reduce.ts'

/** What a run tells. */
export interface RunEvents {
  /** A peer can be reached from now on. */
  'member:up': { readonly peer: PeerId }
  /** It can no more: it left, crashed, fell silent or broke the protocol. */
  'member:down': { readonly peer: PeerId; readonly reason: string }
  /** A peer will have nothing to do with this one; the reason is the peer's. */
  refused: { readonly peer: PeerId; readonly reason: string }
  /** A round counts. */
  round: Omit<AllReduceResult, 'values'>
  /** The next round has other members than the one before. */
  configuration: {
    readonly lineage: string
    readonly members: readonly PeerId[]
    /** Which round of the lineage it is, and which attempt at it. */
    readonly sequence: number
    readonly attempt: number
  }
  /** An attempt does not; the error is what the call rejected with. */
  failure: { readonly error: unknown }
}

/** What a run is doing, in words a person can read and fields a program can. */
export interface RunExplanation {
  /** `forming`: agreeing on the group; `reducing`: values are moving; `deciding`: voting. */
  readonly state: 'idle' | 'forming' | 'reducing' | 'deciding' | 'left'
  readonly sequence: number
  readonly attempt: number
  /** Peers that can be reached. */
  readonly up: readonly PeerId[]
  /** Members of the configuration, in the order of ranks; empty without one. */
  readonly members: readonly PeerId[]
  /** Peers that this one is waiting for, and why. */
  readonly awaited: Readonly<Record<string, string>>
  /** Peers that are known but not reached, and what the last try said. */
  readonly unreachable: Readonly<Record<string, string>>
  readonly summary: string
}

/** One peer's part in a run. */
export interface Run extends EventSource<RunEvents>, AsyncDisposable {
  readonly id: string
  readonly self: PeerId
  /** Name of the codec that values cross the network in. */
  readonly codec: Codec['name']
  /** Everybody who can be reached at this moment, this peer included, in the order of ranks. */
  readonly members: readonly PeerId[]

  /**
   * Takes part in the coming round: replaces `values` by the combination of every
   * participant's values, the same bits at each of them.
   *
   * The values must not be touched until the promise settles. Calls queue up and
   * become successive rounds; every peer has to make them in the same order. When
   * a member dies or falls silent, the others try again without it, by themselves.
   *
   * Once this peer has voted, `signal` has no effect until the verdict. Aborted
   * earlier, the others may still count the round: the next call then resolves
   * with it, and with `recovered`, or is told that this peer is `BEHIND`.
   *
   * @param values one array of float32, float64, or float16 or bfloat16 bits, of
   * any length; or several by name, all of one type, which are reduced together
   * and have to have the same names and lengths everywhere. They may be backed by
   * a `SharedArrayBuffer`.
   * @throws {CodecError} `BAD_PARAMETER` for a compressor that does not fit
   * @throws {RoundError} whatever happens, `values` are then byte for byte what
   * they were
   */
  allReduce<Reduced extends Values | NamedTensors>(
    values: Reduced,
    options?: AllReduceOptions
  ): Promise<AllReduceResult<Reduced>>

  /** What the run is doing and who it waits for. */
  explain(): RunExplanation

  /** Leaves politely: the others do not wait for this peer any more. Idempotent. */
  leave(): Promise<void>
}
