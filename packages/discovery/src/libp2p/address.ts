import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { CODE_P2P, CODE_P2P_CIRCUIT, type Multiaddr, multiaddr } from '@multiformats/multiaddr'

/** A multiaddr and the peer it ends in, if it names one. */
export interface ParsedAddress {
  readonly multiaddr: Multiaddr
  readonly peer: Libp2pPeerId | undefined
}

/** @returns `undefined` when the text is not a multiaddr */
export function parseAddress(text: string): ParsedAddress | undefined {
  try {
    const parsed = multiaddr(text)
    const components = parsed.getComponents()
    if (components.length === 0) return undefined
    // a name before the circuit is the relay's
    const last = components.findLast(({ code }) => code === CODE_P2P || code === CODE_P2P_CIRCUIT)
    const named = last?.code === CODE_P2P ? last.value : undefined
    return { multiaddr: parsed, peer: named === undefined ? undefined : peerIdFromString(named) }
  } catch {
    return undefined
  }
}
