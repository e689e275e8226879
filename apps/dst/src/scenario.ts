import type { Algorithm } from '@daa-compute/interface'
import type { CodecName } from './codecs.ts'
import type { RuleName } from './rules.ts'

/** When a fault happens. */
export type Moment =
  /** At this virtual time, in ms. */
  | { readonly atMs: number }
  /** With the `nth` message of this type, counted from 1 over all peers, sent or received. */
  | {
      readonly message: string
      readonly nth: number
      readonly phase: 'sent' | 'received'
      /** ms from that message; 0 is before anything else happens. */
      readonly delayMs: number
    }

/** Whom a fault befalls: a peer by its index, or an end of the message it comes with. */
export type Victim = number | 'sender' | 'receiver'

/** What a peer with bad bytes makes of the frames it sends. */
export type Corruption = 'flip' | 'garbage' | 'truncate' | 'extend' | 'replay' | 'repeat'

/** One thing that goes wrong. */
export type Fault = { readonly when: Moment; readonly victim: Victim } & (
  | { readonly kind: 'crash' | 'leave' | 'abort' }
  /** A crash, and another life of the peer after a while, which remembers nothing. */
  | { readonly kind: 'restart'; readonly downMs: number; readonly enterLate: boolean }
  | { readonly kind: 'freeze'; readonly forMs: number }
  /** Each event takes the peer this many ms, less one. */
  | { readonly kind: 'slow'; readonly forMs: number; readonly factor: number }
  /** These peers, and the victim, on one side; everybody else on the other. */
  | { readonly kind: 'partition'; readonly forMs: number; readonly side: readonly number[] }
  /** Nothing gets from the victim to the other end of the message, or to this peer. */
  | { readonly kind: 'cut'; readonly forMs: number; readonly to: number }
  /** The connection between the victim and the other end, or this peer, is reset. */
  | { readonly kind: 'flap'; readonly to: number }
  /** The next frames the victim sends on this protocol are not what they should be. */
  | {
      readonly kind: 'bytes'
      readonly corruption: Corruption
      readonly protocol: 'control' | 'data' | 'result' | 'state'
      readonly frames: number
      /** Bytes of the shortest frames that are bad; shorter ones are right. Default: 0. */
      readonly leastBytes?: number
    }
)

/** How one peer takes part. */
export interface PeerScript {
  /** Virtual time at which it first joins, in ms. */
  readonly joinMs: number
  readonly enterLate: boolean
  /** Weight of its values in the mean. */
  readonly weight: number
  /** ms between two of its calls, at most. */
  readonly thinkMs: number
}

/** The state that peers keep, where they keep one. */
export interface StateScript {
  /** Elements of its larger tensor. */
  readonly elements: number
  /** Bytes that are verified and fetched as one. */
  readonly blockLength: number
  readonly onMeet: 'yield' | 'average'
  /** ms that applying a round takes. */
  readonly applyMs: number
  readonly maxDeltaBytes?: number | undefined
  readonly uploadBitsPerSecond?: number | undefined
  /** Of the peer whose rounds change its state in another way, which it does not notice. */
  readonly liar?: number | undefined
  /** Whether rounds may outrun who is behind: it is told so, and nobody is owed a round. Default: no */
  readonly isHarsh?: boolean | undefined
}

/** Everything about one simulated run but the protocol; plain data, so that it can be kept. */
export interface Scenario {
  /** What the network's chance, and the values, are derived from. */
  readonly seed: number
  readonly latencyMs: { readonly min: number; readonly max: number }
  /** Bits per second of each way; left out for no limit. */
  readonly bandwidth?: number | undefined
  /** ms after which channels fail whose way is blocked, and tries to open one. */
  readonly stallTimeoutMs: number
  readonly openTimeoutMs: number
  readonly algorithm: Algorithm | 'auto'
  readonly codec: CodecName
  /** What values are aggregated by. Default: their mean */
  readonly rule?: RuleName | undefined
  /** Elements of each tensor. */
  readonly length: number
  /** Whether votes are signed. */
  readonly signed: boolean
  readonly minPeers: number
  readonly patienceMs: number
  readonly formTimeoutMs: number
  readonly suspectAfterMs: number
  readonly quorumLossMs: number
  readonly onQuorumLoss: 'reject' | 'fork'
  /** Calls that somebody has made before things calm down. */
  readonly calls: number
  /** Calls beyond those after which a peer waits for the end of the faults. Default: it never does */
  readonly spareCalls?: number | undefined
  /** Whether everybody leaves at the end, politely and at about the same time. */
  readonly leaves: boolean
  readonly peers: readonly PeerScript[]
  readonly faults: readonly Fault[]
  /** Left out where peers make rounds and nothing of them. */
  readonly state?: StateScript | undefined
}
