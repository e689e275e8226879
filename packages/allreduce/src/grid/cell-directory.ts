import type { PeerDirectory, PeerId, PeerRecord } from '@daa-compute/interface'

/** The directory as the members of one group need it: nobody else is in it, and it does not change. */
export function cellDirectory(whole: PeerDirectory, peers: readonly PeerId[]): PeerDirectory {
  const wanted = new Set(peers)
  const records = new Map<PeerId, PeerRecord>()
  for (const record of whole.peers()) if (wanted.has(record.peer)) records.set(record.peer, record)
  return {
    peers: () => records.values(),
    watch: (handler) =>
      whole.watch((event) => {
        const peer = event.type === 'leave' ? event.peer : event.record.peer
        if (wanted.has(peer)) handler(event)
      })
  }
}
