import type { AbortOptions, Logger, PeerRecord } from '@daa-compute/interface'
import type { Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import { MAX_STORED_ADDRESSES } from '../constants.ts'
import type { RunDirectory } from '../core/run-directory.ts'
import { DiscoveryError } from '../errors.ts'
import { parseAddress } from './address.ts'

/**
 * Puts the addresses a peer has announced into libp2p's peer store, so that the
 * peer can be dialled by its id. Addresses known from elsewhere are kept while
 * there are no more than 32 in all. Texts that are no multiaddr, or name another
 * peer, are left out.
 *
 * @throws {DiscoveryError} `ADDRESS_BOOK_FAILED`; or the signal's reason
 */
export async function rememberAddresses(
  libp2p: Pick<Libp2p, 'peerStore'>,
  record: PeerRecord,
  options: AbortOptions = {}
): Promise<void> {
  options.signal?.throwIfAborted()
  const { signal } = options
  try {
    const peer = peerIdFromString(record.peer)
    const announced = record.addresses.flatMap((text) => {
      const address = parseAddress(text)
      if (address === undefined) return []
      return address.peer === undefined || address.peer.equals(peer) ? [address.multiaddr] : []
    })
    if (announced.length === 0) return
    const abortable = signal === undefined ? {} : { signal }
    const known = (await libp2p.peerStore.has(peer, abortable))
      ? (await libp2p.peerStore.get(peer, abortable)).addresses.map((entry) => entry.multiaddr)
      : []
    const multiaddrs = distinct([...announced, ...known]).slice(0, MAX_STORED_ADDRESSES)
    await libp2p.peerStore.patch(peer, { multiaddrs }, abortable)
  } catch (cause) {
    signal?.throwIfAborted()
    throw new DiscoveryError(
      'ADDRESS_BOOK_FAILED',
      `the addresses of ${record.peer} could not be stored: it may not be possible to dial it`,
      { peer: record.peer },
      { cause }
    )
  }
}

/** Options of {@link connectDirectory}. */
export interface ConnectDirectoryOptions {
  readonly logger?: Logger | undefined
}

/**
 * Keeps a directory and a libp2p node informed of each other: what peers
 * announce goes to the peer store, and a change of this node's own addresses is
 * announced at once.
 *
 * @returns a function that ends it
 */
export function connectDirectory(
  libp2p: Pick<Libp2p, 'peerStore' | 'addEventListener' | 'removeEventListener'>,
  directory: RunDirectory,
  options: ConnectDirectoryOptions = {}
): () => void {
  const stopping = new AbortController()
  const { signal } = stopping
  const report = (error: unknown): void => {
    if (!signal.aborted) options.logger?.warn('discovery could not pass on addresses', { error })
  }
  const remember = (record: PeerRecord): void => {
    rememberAddresses(libp2p, record, { signal }).catch(report)
  }
  const announce = (): void => {
    directory.announce().catch(report)
  }
  for (const record of directory.peers()) remember(record)
  const unwatch = directory.watch((event) => {
    if (event.type !== 'leave') remember(event.record)
  })
  libp2p.addEventListener('self:peer:update', announce)
  return () => {
    stopping.abort()
    unwatch()
    libp2p.removeEventListener('self:peer:update', announce)
  }
}

function distinct(addresses: readonly Multiaddr[]): Multiaddr[] {
  // the peer store keeps addresses without the peer's own id
  const byText = new Map<string, Multiaddr>()
  for (const address of addresses) {
    const text = address.toString().replace(/\/p2p\/[^/]+$/, '')
    if (!byText.has(text)) byText.set(text, address)
  }
  return [...byText.values()]
}
