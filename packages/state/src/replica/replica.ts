import type { EventSource, PeerId } from '@daa-compute/interface'
import type { CatchUpReport, Revision, SharedStateInit, StateEvents } from '../shared-state.ts'
import type { RoundResult, RoundSource, RoundValues, StepOptions } from './round-source.ts'

/** A round, as what is applied is told of it. */
export interface AppliedRound {
  /** What the state becomes by it. */
  readonly revision: Revision
}

/** What a replica is made of. */
export interface ReplicaInit<Values extends RoundValues> extends Omit<
  SharedStateInit,
  'run' | 'members'
> {
  /** Where rounds come from; whoever has another call it in between is behind its own state. */
  readonly run: RoundSource
  /**
   * Makes the next state out of what a round resulted in: an optimizer's step, say.
   * Has to come to the same bits everywhere, out of nothing but the tensors and
   * `values`: who missed rounds makes them up by it. Whatever it has to remember, as
   * the number of steps taken, is a tensor. `values` are for reading, and only until
   * it returns.
   */
  apply(values: Values, round: AppliedRound): void | Promise<void>
  /**
   * What becomes of the states of two lineages that meet after a fork. `yield`: the
   * members of the smaller take over the other's, and their own is lost. `average`:
   * they do, and bring their own to one round in which the states themselves are
   * averaged, each by the rounds it counts since the two parted. The same at every
   * peer. With `average`, a peer that is behind keeps a copy of its state in float64
   * until it is level, and a round of the states has another at everybody.
   * Default `yield`
   */
  readonly onMeet?: 'yield' | 'average' | undefined
  /**
   * What becomes of peers that begin together with different states: `reject`, each is
   * told `STATE_DIVERGED`; `majority`, all take over the state of most. Default `reject`
   */
  readonly onDiverged?: 'reject' | 'majority' | undefined
}

/** What a step came to. */
export interface StepResult<Values extends RoundValues> extends RoundResult {
  /** What was given, now holding what the round resulted in. */
  readonly values: Values
  /** What the state is. */
  readonly revision: Revision
  /**
   * Whether the values that were given are in the result: not if this peer had to catch
   * up first, and neither if the round is one of an earlier call (`recovered`).
   */
  readonly counted: boolean
  /** How it caught up, if it had to. */
  readonly caughtUp: readonly CatchUpReport[]
}

/** A state that met others, as one of its peers brought it. */
export interface MetState {
  readonly peer: PeerId
  /** The first twelve hexadecimal digits of the lineage it comes from. */
  readonly lineage: string
  /** Rounds it counts since it parted from the one that goes on. */
  readonly rounds: number
}

/** What became of states of different lineages. */
export interface Merge {
  readonly rule: 'yield' | 'average'
  /** What they are now. */
  readonly revision: Revision
  /**
   * The states that met that one. With `average` all of them, and the same at everybody;
   * with `yield` this peer's own, which only itself is told of.
   */
  readonly met: readonly MetState[]
  /** What each participant's state counted in the average; with `yield`, nothing of the others'. */
  readonly weights: Readonly<Record<PeerId, number>>
}

/** What a replica tells, beside what its shared state does. */
export interface ReplicaEvents extends StateEvents {
  /** The others have gone on without this peer; the error is what it was told. */
  behind: { readonly revision: Revision | undefined; readonly error: unknown }
  /** It stands where they do. */
  level: { readonly revision: Revision; readonly reports: readonly CatchUpReport[] }
  /** States of two lineages have become one. */
  merge: Merge
}

/**
 * One peer's copy of what a run trains: tensors that every peer changes in the same
 * way, by what rounds result in, and so are the same bits everywhere.
 */
export interface Replica<Values extends RoundValues>
  extends EventSource<ReplicaEvents>, AsyncDisposable {
  /**
   * What the tensors are: the state at the start of round `sequence`. `undefined`
   * before the first step, and while they are no state at all.
   */
  readonly revision: Revision | undefined

  /**
   * Takes part in the coming round and applies what it results in. When the others
   * have gone on without this peer, now or before, it takes over their state, enters
   * the run with values that count nothing, and resolves with the round it entered
   * in: `counted` is false then, and the next step is like everybody's.
   *
   * Steps queue up. The values must not be touched until the promise settles, nor
   * the tensors but by `apply`.
   *
   * @throws what the run's rounds reject with: the values are then what they were, and
   * the tensors are the state that `revision` says
   * @throws {ReplicaError} `NOT_WHOLE`, `APPLY_FAILED`: the tensors hold no state until a
   * step succeeds; `NOT_LEVEL`, `STATE_DIVERGED`, `STOPPED`
   * @throws {StateError} when nobody has a state to take over
   */
  step(values: Values, options?: StepOptions): Promise<StepResult<Values>>

  /** Serves no more. The run goes on. Idempotent. */
  stop(): Promise<void>
}
