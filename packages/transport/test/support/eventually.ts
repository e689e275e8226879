import type { Libp2p, PeerId } from '@libp2p/interface'
import { vi } from 'vitest'

const PATIENCE = { interval: 5, timeout: 15_000 }

/** Waits until a check passes: as long as a slow machine may take, and no longer than it does. */
export function eventually(check: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(check, PATIENCE)
}

/** Waits until a node has no connections, or none to that peer. */
export async function disconnected(node: Libp2p, peer?: PeerId): Promise<void> {
  await vi.waitUntil(() => node.getConnections(peer).length === 0, PATIENCE)
}
