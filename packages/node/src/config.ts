import type { GridInit, Run, RunInit } from '@daa-compute/allreduce'
import { codecForCompressionLevel } from '@daa-compute/compression'
import type { CapabilityFilter } from '@daa-compute/discovery'
import type { AbortOptions, Budget, ErrorFeedback, Logger, Metrics } from '@daa-compute/interface'
import type {
  IceServer,
  Identity,
  PostQuantum,
  TlsCertificate,
  TransportLimits
} from '@daa-compute/transport'
import type { Passphrase } from '@daa-compute/transport/node'
import { multiaddr } from '@multiformats/multiaddr'
import type { AdmissionOption } from './admission.ts'
import { NodeError } from './errors.ts'

/** What each capability has to be: this text, or one of these. */
export type RequiredCapabilities = Readonly<Record<string, string | readonly string[]>>

/** Kinds of machines that a node can be on. */
export type Environment = 'cloud' | 'edge'

/** A key file that is encrypted. */
export interface EncryptedIdentity {
  readonly path: string
  /** A text, or what asks for it. */
  readonly passphrase: Passphrase
}

/** How a node takes part in the swarm. Everything has a default. */
export interface SwarmConfig {
  /**
   * What kind of machine the node is on, which decides where it listens unless
   * {@link listenAddresses} does. `cloud`: one that others can reach. `edge`: one at
   * home or in an office, behind a NAT: it also asks the first relay that it meets
   * to pass others on to it, which WebRTC then turns into direct connections.
   * Whichever it is, the node can dial both. Default `cloud`
   */
  readonly environment?: Environment | undefined
  /**
   * Multiaddrs to listen on; port 0 takes any free one. TCP, WebSocket (`/ws`, and
   * `/tls/ws` with {@link tls}), WebRTC-direct (`/ip4/0.0.0.0/udp/0/webrtc-direct`),
   * a relay's (`<its address>/p2p-circuit`), WebRTC by way of that relay
   * (`/webrtc`) and, within a process, `/memory/<name>`. An empty list listens
   * nowhere: the node then only dials. Default: TCP and WebSocket on all
   * interfaces, any port; at the `edge`, relays and WebRTC by way of them as well
   */
  readonly listenAddresses?: readonly string[] | undefined
  /** Certificate and key of secure WebSockets to listen on. Default: none */
  readonly tls?: TlsCertificate | undefined
  /** Servers of STUN and TURN for WebRTC between peers behind NATs. Default: none */
  readonly iceServers?: readonly IceServer[] | undefined
  /**
   * With `relay`, peers whom a relay has introduced to each other go on through servers
   * of TURN only, and do not learn each other's addresses. Default `all`
   */
  readonly iceTransportPolicy?: 'all' | 'relay' | undefined
  /**
   * Whether connections are to stay secret from who records them today and has a
   * quantum computer one day: with all peers that can, with no others
   * (`require`; there is no WebRTC then, which cannot), or not (`off`). Default
   * `prefer`
   */
  readonly postQuantum?: PostQuantum | undefined
  /** Multiaddrs of peers to begin with. Any peer of the swarm will do. Default: none */
  readonly bootstrapNodes?: readonly string[] | undefined
  /** Looks for peers on the local network by multicast DNS. Default false */
  readonly enableMdns?: boolean | undefined
  /**
   * Who the node is: the path of a key file, made with permissions 0600 if it is
   * not there, or that and its passphrase; a seed of 32 bytes; or an
   * {@link Identity}. Default: a new identity each time
   */
  readonly identity?: string | EncryptedIdentity | Uint8Array | Identity | undefined
  /**
   * The run that the node itself is for: joined at once, and what the node's own
   * `allReduce` and `broadcastGradient` go to. Default: joined on first use, under
   * the name `default`
   */
  readonly runId?: string | undefined
  /**
   * The codec of runs that don't choose their own, such as `int8` or
   * `int8+zstd:1`. Every peer of a run has to use the same. Default: by
   * `compressionLevel`
   */
  readonly codec?: string | undefined
  /** 0 sends float32 as it is, 1 to 9 compress ever more: a shorthand for `codec`. Default 0 */
  readonly compressionLevel?: number | undefined
  /** Least members of a round of the node's own run, itself included. Default 2 */
  readonly minPeers?: number | undefined
  /**
   * Who may take part in runs that don't choose for themselves. Every peer of a run has
   * to choose the same kind. Default: everybody
   */
  readonly admission?: AdmissionOption | undefined
  /** Facts that the node declares of itself, for others to choose by. Default: none */
  readonly capabilities?: Readonly<Record<string, string>> | undefined
  /**
   * What others may take of this node: connections, handshakes, streams, bytes,
   * time; those that are to differ from `DEFAULT_LIMITS` of
   * `@daa-compute/transport`. Default: none
   */
  readonly limits?: Partial<TransportLimits> | undefined
  /**
   * What the node gives to its runs: bits/s that it sends and receives at most, bytes
   * that a round may take, and whether it is to send as little as possible. What it
   * does for others in a round follows from it. Default: no limits
   */
  readonly budget?: Budget | undefined
  /**
   * Whether the network is on a thread of its own: a loop that keeps its thread busy
   * then neither holds up the others nor looks dead to them. Values on shared memory,
   * as of `allocateShared`, cross without a copy; others are copied there and back.
   * What is code cannot cross (`CANNOT_CROSS`): an `Admission`, a filter, an error feedback
   * or compressor of one's own. Default false
   */
  readonly thread?: boolean | undefined
  /** Default: silence */
  readonly logger?: Logger | undefined
  /** Default: none */
  readonly metrics?: Metrics | undefined
}

/** How the node takes part in one run. What is left out is as in `RunInit`. */
export interface JoinOptions
  extends
    AbortOptions,
    Pick<
      RunInit,
      | 'algorithm'
      | 'minPeers'
      | 'patienceMs'
      | 'formTimeoutMs'
      | 'suspectAfterMs'
      | 'quorumLossMs'
      | 'onQuorumLoss'
      | 'enterLate'
    > {
  /** Default: the node's */
  readonly codec?: Run['codec'] | undefined
  /**
   * Codec of results, where it is not that of contributions: `topk:0.04` for the
   * sums of four that were `topk:0.01`, say. Every peer of the run has to use the
   * same. Default: the same codec
   */
  readonly resultCodec?: string | undefined
  /**
   * Whether what a lossy codec loses in a round is made up for in the next, in sums
   * and means: for gradients, which a codec like `topk:0.01` is no good for
   * without. Takes twice the memory of the values for each kind of tensor. A
   * result is then that of the values and what was owed from before. It is this
   * peer's own: the others need not do the same. Give your own to look into it.
   * Default false
   */
  readonly errorFeedback?: boolean | ErrorFeedback | undefined
  /** Who may take part, and how this peer shows that it may. Default: the node's */
  readonly admission?: AdmissionOption | undefined
  /**
   * Which peers to link up with, by what they declare: what each capability has to be,
   * `{ gpu: ['h100', 'h200'] }`, or a function. Default: all
   */
  readonly filter?: CapabilityFilter | RequiredCapabilities | undefined
}

/** How the node takes part in one grid. What is left out is as in `GridInit`. */
export interface GridOptions
  extends
    AbortOptions,
    Pick<GridInit, 'groupSize' | 'dimensions' | 'coordinates' | 'gatherMs' | 'algorithm'>,
    Pick<JoinOptions, 'admission' | 'filter'> {
  /** Default: the node's; sparse ones are refused */
  readonly codec?: Run['codec'] | undefined
}

/** Where a node listens unless told otherwise. */
export const DEFAULT_LISTEN_ADDRESSES: readonly string[] = [
  '/ip4/0.0.0.0/tcp/0',
  '/ip4/0.0.0.0/tcp/0/ws'
]

/** What a node at the edge listens on besides: relays, and WebRTC by way of them. */
const EDGE_LISTEN_ADDRESSES: readonly string[] = ['/p2p-circuit', '/webrtc']

/** The run that a node is for unless told otherwise. */
export const DEFAULT_RUN_ID = 'default'

/** The codec that a configuration chooses. @throws {CodecError} for a bad name or level */
export function codecOf(config: SwarmConfig): string {
  return config.codec ?? codecForCompressionLevel(config.compressionLevel ?? 0)
}

/** Served by none of the node's transports: libp2p would pass over them without a word. */
const UNSERVED = /\/(?:quic|quic-v1|webtransport)(?:\/|$)/
const OVER_WEBRTC = /\/webrtc(?:-direct)?(?:\/|$)/

/** The addresses to listen on. @throws {NodeError} `BAD_CONFIG` */
export function listenAddressesOf(config: SwarmConfig): string[] {
  const addresses = [...(config.listenAddresses ?? defaultListenAddresses(config))]
  for (const address of addresses) {
    try {
      multiaddr(address)
    } catch (cause) {
      throw new NodeError(
        'BAD_CONFIG',
        `listenAddresses holds ${JSON.stringify(address)}, which is no multiaddr: write it like /ip4/0.0.0.0/tcp/9000`,
        { field: 'listenAddresses', value: address },
        { cause }
      )
    }
    const flaw = flawOf(address, config)
    if (flaw !== undefined) {
      throw new NodeError(
        'BAD_CONFIG',
        `listenAddresses holds ${JSON.stringify(address)}, ${flaw}`,
        { field: 'listenAddresses', value: address }
      )
    }
  }
  return addresses
}

function defaultListenAddresses(config: SwarmConfig): readonly string[] {
  if (environmentOf(config) === 'cloud') return DEFAULT_LISTEN_ADDRESSES
  const besides = EDGE_LISTEN_ADDRESSES.filter((address) => flawOf(address, config) === undefined)
  return [...DEFAULT_LISTEN_ADDRESSES, ...besides]
}

/** @throws {NodeError} `BAD_CONFIG` */
export function environmentOf({ environment = 'cloud' }: SwarmConfig): Environment {
  if (environment === 'cloud' || environment === 'edge') return environment
  const value: unknown = environment
  const message = `environment is 'cloud' or 'edge', not ${JSON.stringify(value)}`
  throw new NodeError('BAD_CONFIG', message, { field: 'environment', value })
}

function flawOf(address: string, { postQuantum }: SwarmConfig): string | undefined {
  if (UNSERVED.test(address)) {
    return 'which no transport here can listen on: take TCP, WebSocket or WebRTC-direct'
  }
  if (postQuantum === 'require' && OVER_WEBRTC.test(address)) {
    return "and WebRTC cannot be encrypted post-quantum: remove the address, or do not require it with postQuantum: 'prefer'"
  }
  return undefined
}
