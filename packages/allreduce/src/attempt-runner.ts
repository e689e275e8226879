import { asError, type Attempt, type Ballot, type Clock, type PeerId } from '@daa-compute/interface'
import { type AttemptReductionInit, createAttemptReduction } from './attempt-reduction.ts'
import { ACKNOWLEDGE_MS, RELEASE_PATIENCE_MS, SMALL_RESULT_LENGTH } from './constants.ts'
import { AttemptFailure } from './executor/attempt-failure.ts'
import type { Reduction } from './executor/reduction.ts'
import { bytesOf, createValues, type Values } from './executor/tensor.ts'
import { UndoBuffer } from './executor/undo.ts'
import { ResidualLedger } from './residual-ledger.ts'
import { outcomeUnknown, RoundError } from './round/errors.ts'
import type { Shelf } from './round/attempt/shelf.ts'
import type { Outlier } from './rules/views.ts'
import type { AllReduceOptions } from './all-reduce.ts'
import type { Flat } from './tensors.ts'

export interface AttemptRunnerInit extends AttemptReductionInit {
  readonly clock: Clock
  readonly shelf: Shelf
}

/** What became of the moving of values: how to vote, and what crossed the network. */
interface Moved {
  readonly ballot: Ballot
  /** Resolves when nothing that is on its way to others lies in the values any more. */
  released(): Promise<void>
  readonly bytesSent: number
  readonly bytesReceived: number
  /** What a rule made of each contribution. */
  readonly outliers?: readonly Outlier[] | undefined
}

/** What became of an attempt. */
export interface AttemptOutcome extends Pick<Moved, 'bytesSent' | 'bytesReceived' | 'outliers'> {
  /** Why it has to be tried again; `undefined` when it counts. */
  readonly retry: string | undefined
}

/**
 * Takes a caller's values through one attempt: moves them, votes, and leaves them
 * either as the result that counts or as they were.
 */
export class AttemptRunner {
  readonly #init: AttemptRunnerInit
  readonly #undo = new UndoBuffer()
  readonly #ledger = new ResidualLedger()

  constructor(init: AttemptRunnerInit) {
    this.#init = init
  }

  /** @throws {RoundError} or the signal's reason; the values are then as they were */
  async run(attempt: Attempt, flat: Flat, options: AllReduceOptions): Promise<AttemptOutcome> {
    this.#ledger.meet(attempt)
    const moved = attempt.isDecided ? NOT_MOVED : await this.#move(attempt, flat, options)
    const { retry, isFetched } = await this.#decide(attempt, flat, moved)
    const { bytesSent, bytesReceived } = moved
    // another attempt's, or one that did not come to an end
    const outliers = isFetched ? undefined : moved.outliers
    return { retry, bytesSent, bytesReceived, outliers }
  }

  /** Moves the values; whatever goes wrong becomes a vote against. */
  async #move(attempt: Attempt, flat: Flat, options: AllReduceOptions): Promise<Moved> {
    const { doomed } = attempt
    const { signal } = options
    const values = flat.values.length === 0 ? createValues(flat.dtype, 1) : flat.values
    this.#undo.begin(values)
    let reduction: Reduction | undefined
    const sending = new AbortController()
    const released = (): Promise<void> => this.#untilReleased(reduction, sending)
    const doom = (): void => reduction?.fail(asError(doomed.reason))
    const abort = (): void => reduction?.fail(asError(signal?.reason))
    doomed.addEventListener('abort', doom)
    signal?.addEventListener('abort', abort)
    try {
      reduction = this.#createReduction(attempt, { ...flat, values }, options, sending.signal)
      const running = reduction.run()
      if (doomed.aborted) doom()
      if (signal?.aborted === true) abort()
      const digest = await running
      this.#init.shelf.put(digest, bytesOf(flat.values))
      const { bytesSent, bytesReceived, outliers } = reduction
      return { ballot: { type: 'commit', digest }, released, bytesSent, bytesReceived, outliers }
    } catch (error) {
      const fatal =
        fatalReason(attempt, signal) ?? (error instanceof RoundError ? error : undefined)
      if (fatal !== undefined) {
        attempt.abandon(fatal.message)
        await released()
        this.#undo.restore()
        this.#ledger.close('unknown', values)
        throw fatal
      }
      const { bytesSent = 0, bytesReceived = 0 } = reduction ?? {}
      return { ballot: against(error), released, bytesSent, bytesReceived }
    } finally {
      doomed.removeEventListener('abort', doom)
      signal?.removeEventListener('abort', abort)
    }
  }

  #createReduction(
    attempt: Attempt,
    flat: Flat,
    options: AllReduceOptions,
    signal: AbortSignal
  ): Reduction {
    const { plan } = attempt
    const undo = this.#undo
    const ledger = this.#ledger
    const reduction = createAttemptReduction(this.#init, plan, flat, options, undo, ledger, signal)
    attempt.observe(() => ({
      done: reduction.segmentsDone,
      awaited: reduction.awaited(),
      offered: reduction.offered,
      taken: reduction.taken
    }))
    return reduction
  }

  /**
   * Others may still take what is on its way and count the round, so it must not
   * change before; a peer that takes nothing is not waited for long.
   */
  async #untilReleased(reduction: Reduction | undefined, sending: AbortController): Promise<void> {
    const cancel = this.#init.clock.schedule(RELEASE_PATIENCE_MS, () =>
      sending.abort(new Error('the attempt was given up'))
    )
    await reduction?.released()
    cancel()
  }

  /**
   * Votes until it is known what becomes of the attempt, getting the result from
   * the others if need be.
   *
   * @returns why it has to be tried again, if it has to
   */
  async #decide(
    attempt: Attempt,
    { values }: Flat,
    moved: Moved
  ): Promise<{ readonly retry: string | undefined; readonly isFetched: boolean }> {
    const { shelf } = this.#init
    let { ballot } = moved
    let isFetched = false
    for (;;) {
      const verdict = await attempt.vote(ballot)
      if (verdict.type !== 'fetch') this.#ledger.close(verdict.type, values)
      switch (verdict.type) {
        case 'commit':
          await this.#accept(attempt, bytesOf(values).length)
          return { retry: undefined, isFetched }
        case 'fetch':
          isFetched = true
          await moved.released()
          ballot = await this.#fetch(values, verdict.digest, verdict.holders)
          break
        case 'retry':
          // what is still on its way is of an attempt that nobody will count
          shelf.clear()
          this.#undo.restore()
          return { retry: verdict.reason, isFetched }
        case 'left':
          shelf.clear()
          await moved.released()
          this.#undo.restore()
          return { retry: verdict.reason, isFetched }
        case 'unknown':
          // if it counts, this peer's next call, or another member, will want it
          if (ballot.type === 'commit') shelf.keep()
          else shelf.clear()
          await moved.released()
          this.#undo.restore()
          throw unknown(attempt, ballot, verdict.missing)
      }
    }
  }

  /** The round counts: the caller gets its array back, and who lacks the result a copy. */
  async #accept(attempt: Attempt, length: number): Promise<void> {
    const { shelf } = this.#init
    const patienceMs = length <= SMALL_RESULT_LENGTH ? 0 : ACKNOWLEDGE_MS
    if (await attempt.acknowledged(patienceMs)) shelf.clear()
    else shelf.keep()
    this.#undo.release()
  }

  async #fetch(values: Values, digest: Uint8Array, holders: readonly PeerId[]): Promise<Ballot> {
    const { shelf } = this.#init
    this.#undo.restore()
    this.#undo.begin(values)
    this.#undo.save(0, values.length)
    const bytes = bytesOf(values)
    try {
      await shelf.fetch(digest, holders, bytes)
      shelf.put(digest, bytes)
      return { type: 'commit', digest }
    } catch (error) {
      this.#undo.restore()
      return against(error)
    }
  }
}

const NOT_MOVED: Moved = {
  ballot: { type: 'abort', culprit: undefined, reason: 'its caller has missed the end' },
  released: () => Promise.resolve(),
  bytesSent: 0,
  bytesReceived: 0
}

/** Why the caller's wait is over, whatever becomes of the attempt. */
function fatalReason({ doomed }: Attempt, signal: AbortSignal | undefined): Error | undefined {
  const reason: unknown = doomed.reason
  if (reason instanceof RoundError) return reason
  return signal?.aborted === true ? asError(signal.reason) : undefined
}

function against(error: unknown): Ballot {
  const culprit = error instanceof AttemptFailure ? error.culprit : undefined
  return { type: 'abort', culprit, reason: asError(error).message }
}

function unknown(attempt: Attempt, ballot: Ballot, missing: readonly PeerId[]): Error {
  const reason: unknown = attempt.doomed.reason
  const isLeft = reason instanceof RoundError && reason.code === 'LEFT'
  if (reason instanceof RoundError && (isLeft || ballot.type === 'abort')) return reason
  return outcomeUnknown(missing)
}
