import type { Run } from '@daa-compute/allreduce'
import type { Codec, PeerId } from '@daa-compute/interface'
import type { Configuration } from '../configuration.ts'
import type { SimDirectory, SimPeer } from '@daa-compute/simnet'
import type { Counters } from '../counters.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Voice } from '../ledger/records.ts'
import type { Protocol } from '../protocol.ts'
import type { Scenario } from '../scenario.ts'
import type { StateLedger } from '../state/state-ledger.ts'

/** What all lives of a scenario share. */
export interface Stage {
  readonly scenario: Scenario
  readonly protocol: Protocol
  readonly codec: Codec | undefined
  readonly directory: SimDirectory
  readonly ledger: Ledger
  readonly states: StateLedger
  readonly counters: Counters
  /** No fault is left: from here on things have to get better. */
  readonly calm: boolean
  /** Everybody is to leave. */
  readonly over: boolean
  /** Calls back when it becomes calm. */
  onCalm(wake: () => void): void
  /** A call has settled. */
  settled(): void
  /** Whether a peer sends bad bytes. */
  isLiar(peer: PeerId): boolean
  /** A promise was broken. */
  broken(error: unknown): void
  /** Something that a trace shows; made only if there is one where it takes time to make. */
  note(peer: PeerId, text: string | (() => string)): void
}

/** What a peer's process has called, and what came of it. */
export interface CallRecord {
  /** The call that waits, if one does. */
  readonly call: { readonly startMs: number } | undefined
  /** Calls that have settled. */
  readonly settledCalls: number
  /** Calls that began after the faults, and settled, or resolved. */
  readonly settledInCalm: number
  readonly resolvedInCalm: number
  /** Aborts the call that waits; `false` if there is none. */
  abort(): boolean
}

/** One process life of a peer. */
export interface Life extends Voice {
  /** Of the peer, in the scenario. */
  readonly index: number
  readonly sim: SimPeer
  readonly state: 'alive' | 'crashed' | 'left'
  readonly calls: CallRecord
  readonly run: Run | undefined
  /** The configuration it is in, as far as it has said. */
  readonly configuration: Configuration | undefined
  /** Ends the process where it stands. */
  crash(): void
  /** Stops the process for good, without a sign to anybody. */
  stop(): void
  /** Leaves politely, in the middle of a call if there is one. */
  leave(): void
  /** Timers and channels that are still there. */
  leftovers(): string[]
}
