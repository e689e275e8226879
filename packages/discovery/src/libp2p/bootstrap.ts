import { type AbortOptions, type PeerId, peerId } from '@daa-compute/interface'
import {
  type Connection,
  KEEP_ALIVE,
  type Libp2p,
  type PeerId as Libp2pPeerId
} from '@libp2p/interface'
import { CODE_P2P, type Multiaddr } from '@multiformats/multiaddr'
import {
  BOOTSTRAP_ATTEMPTS,
  BOOTSTRAP_RETRY_PAUSE_MS,
  BOOTSTRAP_TAG_VALUE,
  DIAL_TIMEOUT_MS,
  MAX_CAUSES
} from '../constants.ts'
import { DiscoveryError, type UnreachableReason } from '../errors.ts'
import { type ParsedAddress, parseAddress } from './address.ts'

/** What became of each bootstrap address. */
export interface BootstrapResult {
  /** The peers there is a connection to now, each once. */
  readonly connected: readonly PeerId[]
  /** One error for each address that could not be used: `BAD_ADDRESS` or `UNREACHABLE`. */
  readonly failed: readonly DiscoveryError[]
}

/** Options of {@link bootstrap}. */
export interface BootstrapOptions extends AbortOptions {
  /**
   * Tells from what a dial rejected with why the two peers do not agree on an encryption,
   * if that is it and no further attempt can change it: none is made then, and the
   * answer is the `cause` of the address's error. Default: nothing is known to be final
   */
  readonly disagreement?: ((error: unknown) => Error | undefined) | undefined
}

type BootstrapNode = Pick<Libp2p, 'dial' | 'getConnections' | 'peerId' | 'peerStore'>

/**
 * Connects to the peers at some addresses, all at once, and asks libp2p to
 * connect again when such a connection is lost. A dial may take 10 s. One that is
 * hung up on is tried up to four times, a second or two apart, since a libp2p
 * node turns away who comes when too many do; not if `disagreement` knows better.
 *
 * An empty list is a success: somebody has to be the first.
 *
 * @param addresses multiaddrs, with or without the peer's id at the end
 * @throws {DiscoveryError} `BOOTSTRAP_FAILED` when there are addresses and none
 * could be reached; the node is fine and can be bootstrapped again. The signal's
 * reason when it is aborted.
 */
export async function bootstrap(
  libp2p: BootstrapNode,
  addresses: readonly string[],
  options: BootstrapOptions = {}
): Promise<BootstrapResult> {
  options.signal?.throwIfAborted()
  const attempts = await Promise.all(
    [...new Set(addresses)].map((address) => dialBootstrap(libp2p, address, options))
  )
  options.signal?.throwIfAborted()
  const failed = attempts.filter((attempt) => attempt instanceof DiscoveryError)
  const connected = [...new Set(attempts.filter((attempt) => typeof attempt === 'string'))]
  if (failed.length > 0 && connected.length === 0) {
    const list = failed.map((failure) => `\n- ${failure.message}`).join('')
    throw new DiscoveryError(
      'BOOTSTRAP_FAILED',
      `none of the ${failed.length} bootstrap addresses could be reached:${list}`,
      { failures: failed },
      { cause: failed[0] }
    )
  }
  return { connected, failed }
}

async function dialBootstrap(
  libp2p: BootstrapNode,
  address: string,
  { signal, disagreement }: BootstrapOptions
): Promise<PeerId | DiscoveryError> {
  const parsed = parseAddress(address)
  if (parsed === undefined) {
    return new DiscoveryError(
      'BAD_ADDRESS',
      `${JSON.stringify(address.slice(0, 200))} is not a multiaddr: write it like /ip4/192.0.2.1/tcp/4001/p2p/<peer id>`,
      { address }
    )
  }
  if (parsed.peer?.equals(libp2p.peerId) === true) {
    return unreachable(address, { reason: 'self' })
  }
  for (let attempt = 1; ; attempt++) {
    try {
      // A handshake with the wrong peer fails like any other. So the second
      // attempt asks for nobody in particular, and looks who answers.
      const expected = attempt === 1 ? parsed.peer : undefined
      const target = expected === undefined ? withoutPeer(parsed) : parsed.multiaddr
      const before = libp2p.getConnections()
      const connection = await dialOnce(libp2p, target, signal)
      if (parsed.peer?.equals(connection.remotePeer) === false) {
        if (!before.includes(connection)) await connection.close().catch(() => undefined)
        return unreachable(address, { reason: 'wrong-peer' })
      }
      await keepAlive(libp2p, connection.remotePeer)
      return peerId(connection.remotePeer.toString())
    } catch (cause) {
      const final = disagreement?.(cause)
      if (final !== undefined) return unreachable(address, { reason: 'encryption', cause: final })
      const reason = reasonOf(cause)
      if (reason !== 'handshake' || attempt === BOOTSTRAP_ATTEMPTS || signal?.aborted === true) {
        return unreachable(address, { reason, cause })
      }
      await pause(BOOTSTRAP_RETRY_PAUSE_MS * (1 + Math.random()), signal)
    }
  }
}

function withoutPeer({ multiaddr, peer }: ParsedAddress): Multiaddr {
  return peer === undefined ? multiaddr : multiaddr.decapsulateCode(CODE_P2P)
}

function dialOnce(
  libp2p: Pick<Libp2p, 'dial'>,
  address: Multiaddr,
  signal: AbortSignal | undefined
): Promise<Connection> {
  const timeout = AbortSignal.timeout(DIAL_TIMEOUT_MS)
  return libp2p.dial(address, {
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout])
  })
}

async function keepAlive(libp2p: Pick<Libp2p, 'peerStore'>, peer: Libp2pPeerId): Promise<void> {
  await libp2p.peerStore.merge(peer, {
    tags: { [`${KEEP_ALIVE}-bootstrap`]: { value: BOOTSTRAP_TAG_VALUE } }
  })
}

/** Resolves after `ms`, or at once when the signal is aborted. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
    if (signal?.aborted === true) end()
  })
}

const explanations: Readonly<Record<UnreachableReason, string>> = {
  refused: 'nothing listens there: is that peer running, and on this port?',
  handshake:
    'the handshake failed: too many peers connect to it at once, the two want different encryption, or what listens there is no libp2p peer',
  encryption: 'the two peers do not agree on an encryption',
  timeout: 'there was no answer in time: check the host, and firewalls between here and there',
  'no-route': 'its host cannot be found or reached: check the name and the network',
  'wrong-peer': 'another peer answers there: take the address that peer prints when it starts',
  self: 'it is the address of this very node: give the address of another one',
  'no-transport': 'no configured transport dials such addresses: add it, or use another address',
  denied: 'a connection gater or an admission policy forbids the connection',
  failed: 'the connection could not be made (see cause)'
}

function unreachable(
  address: string,
  { reason, cause }: { reason: UnreachableReason; cause?: unknown }
): DiscoveryError {
  const told = reason === 'failed' || reason === 'handshake' || reason === 'encryption'
  const text = cause instanceof Error && told ? ` (${innermost(cause).message})` : ''
  return new DiscoveryError(
    'UNREACHABLE',
    `bootstrap address ${address} is not reachable: ${explanations[reason]}${text}`,
    { address, reason },
    cause === undefined ? undefined : { cause }
  )
}

/** What the others are made of, or come of: theirs is the text that says most. */
function innermost(error: Error, depth = 0): Error {
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause
  return inner instanceof Error && depth < MAX_CAUSES ? innermost(inner, depth + 1) : error
}

const reasonsByCode: Readonly<Record<string, UnreachableReason>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'handshake',
  EPIPE: 'handshake',
  ETIMEDOUT: 'timeout',
  ENOTFOUND: 'no-route',
  EAI_AGAIN: 'no-route',
  EHOSTUNREACH: 'no-route',
  ENETUNREACH: 'no-route'
}

const reasonsByName: Readonly<Record<string, UnreachableReason>> = {
  TimeoutError: 'timeout',
  EncryptionFailedError: 'handshake',
  MuxerUnavailableError: 'handshake',
  InvalidPeerIdError: 'self',
  NoValidAddressesError: 'no-transport',
  TransportUnavailableError: 'no-transport',
  DialDeniedError: 'denied',
  ConnectionInterceptedError: 'denied'
}

/** By names and codes only: texts of other libraries change. */
function reasonOf(error: unknown): UnreachableReason {
  if (!(error instanceof Error)) return 'failed'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const known = reasonsByCode[code] ?? reasonsByName[error.name]
  if (known !== undefined) return known
  const within = error instanceof AggregateError ? error.errors : [error.cause]
  for (const inner of within) {
    if (inner === undefined) continue
    const reason = reasonOf(inner)
    if (reason !== 'failed') return reason
  }
  return 'failed'
}
