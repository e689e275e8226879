import { type Admission, createEmitter, type PeerId } from '@daa-compute/interface'
import { refusal } from './refusal.ts'

/** An admission by a list, which may change while the run goes on. */
export interface AllowList extends Admission {
  readonly peers: ReadonlySet<PeerId>
  add(peer: PeerId): void
  /** Takes a peer off the list. If it is in, it is thrown out. */
  remove(peer: PeerId): void
}

/**
 * Lets those peers in that are on a list. Each peer goes by its own: for a run to
 * form, all have to list each other.
 */
export function allowList(peers: Iterable<PeerId>): AllowList {
  const listed = new Set(peers)
  const events = createEmitter<{ removed: PeerId }>()
  return {
    asks: 'nothing',
    peers: listed,
    add: (peer) => void listed.add(peer),
    remove(peer) {
      if (listed.delete(peer)) events.emit('removed', peer)
    },
    present: async () => new Uint8Array(),
    async admit({ peer }) {
      if (listed.has(peer)) return { admitted: true }
      return refusal(
        'NOT_LISTED',
        'it is not on the list of the run: ask whoever runs it to add its peer id'
      )
    },
    onRevoked: (handler) => events.on('removed', handler)
  }
}
