import type { Algorithm } from '@daa-compute/interface'
import type { AdmissionOption } from '@daa-compute/node'
import type { Deal } from './digits.ts'
import type { Lie } from './lies.ts'
import type { LinkReport } from './links.ts'
import type { Progress, Trained } from './training.ts'

/** What every training needs to know, on a swarm or alone. */
export interface TrainingTask {
  /** Which part of the data, by digit: part `index` of `count`. */
  readonly shard: { readonly index: number; readonly count: number }
  readonly steps: number
  /** Examples of a batch. */
  readonly batch: number
  readonly seed: number
  /** How the data are dealt. Default: by digit */
  readonly deal?: Deal | undefined
}

/** Training without a network. */
export interface AloneTask extends TrainingTask {
  readonly kind: 'alone'
}

/** The training of all peers of a swarm in one process, averaged without a network. */
export interface TogetherTask extends TrainingTask {
  readonly kind: 'together'
  /** As `ruleOf` reads it. Default: the mean */
  readonly rule?: string | undefined
  /** How many of the peers lie, the last ones. Default: none */
  readonly liars?: number | undefined
  /** How they lie. */
  readonly lie?: Lie | undefined
}

/** Training as one peer of a run. */
export interface PeerTask extends TrainingTask {
  readonly kind: 'peer'
  /** Name of the run; equal on all peers, as is what `runIdOf` adds to it. */
  readonly run: string
  /** Multiaddrs to listen on; a port of 0 means any free one. */
  readonly listen: readonly string[]
  /** Multiaddrs, with `/p2p/`, of peers to begin with. */
  readonly bootstrap: readonly string[]
  /** Also look for the run on the local network, by multicast DNS. */
  readonly mdns: boolean
  /** Peers that the first step waits for. */
  readonly peers: number
  /** Peers without which no step is taken; the others may die. At most `peers`. */
  readonly minPeers: number
  /** As `parseCodecName` writes it, a `delta:VALUES` too, or `powersgd:RANK`. */
  readonly codec: string
  readonly algorithm: Algorithm | 'auto'
  /** Whether what a lossy codec loses in a step is made up for in the next. */
  readonly errorFeedback: boolean
  /** Whether the network is on a thread of its own, so that no step holds it up. */
  readonly thread: boolean
  /** What gradients are aggregated by, as `ruleOf` reads it. Default: the mean */
  readonly rule?: string | undefined
  /** What this peer brings instead of its gradients, for experiments. Default: nothing else */
  readonly lie?: Lie | undefined
  /**
   * Path of a file that keeps the identity, and its passphrase if it has one; a new
   * identity in memory if left out. Or 32 bytes in hexadecimal that the identity is made of.
   */
  readonly identity?:
    | { readonly path: string; readonly passphrase?: string | undefined }
    | { readonly seed: string }
    | undefined
  /** Who may take part. Default: everybody */
  readonly admission?: AdmissionOption | undefined
}

export type Task = AloneTask | TogetherTask | PeerTask

/** What became of a task. */
export interface Report extends Trained, LinkReport {
  /** Digits in the shard. */
  readonly digits: readonly number[]
  /** Examples in the shard. */
  readonly examples: number
  /** Of training, without starting and finding each other. */
  readonly seconds: number
}

/** What a task tells while it runs. */
export interface TaskHooks {
  /** The peer can be reached at these addresses. */
  readonly onListening?: ((addresses: readonly string[]) => void) | undefined
  /**
   * So many peers are here, itself included, of those that are needed: before the
   * first step, and later when too few are left.
   */
  readonly onWaiting?: ((here: number, needed: number) => void) | undefined
  /** A peer does not let this one take part. */
  readonly onRefused?: ((peer: string, reason: string) => void) | undefined
  /** What may be wrong when the others are long in coming, in a line. */
  readonly onHint?: ((line: string) => void) | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** The others have gone on without this peer, which had taken so many steps. */
  readonly onBehind?: ((step: number) => void) | undefined
  /** It has their state now; they had taken so many. */
  readonly onCaughtUp?: ((step: number) => void) | undefined
}

/** What a child process of the launcher tells its parent. */
export type ChildMessage =
  | { readonly type: 'listening'; readonly addresses: readonly string[] }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'behind'; readonly step: number }
  | { readonly type: 'caughtUp'; readonly step: number }
  | { readonly type: 'done'; readonly report: Report }
  | { readonly type: 'failed'; readonly reason: string }
