import type { Clock, PeerId } from '@daa-compute/interface'
import { ALIVE_INTERVAL_MS } from '../constants.ts'
import type { Mesh } from '../mesh/mesh.ts'

export interface VigilInit {
  readonly clock: Clock
  readonly mesh: Mesh
  readonly suspectAfterMs: number
  /** Tells the others that this peer is here. */
  beat(): void
  /** Whether a peer owes signs of life: only one that has joined what is going on does. */
  owes(peer: PeerId): boolean
}

/** Gives signs of life while a round forms or runs, and gives up who gives none. */
export interface Vigil {
  start(): void
  stop(): void
}

/**
 * Between rounds nobody is watched: a peer may compute for as long as it likes.
 *
 * This peer's own freezes are not held against the others: when a beat comes
 * late, everybody's silence counts from then.
 */
export function createVigil({ clock, mesh, suspectAfterMs, beat, owes }: VigilInit): Vigil {
  let cancel: (() => void) | undefined
  let watchedSince = 0
  let lastBeat = 0

  const tick = (): void => {
    const now = clock.now()
    if (now - lastBeat > 3 * ALIVE_INTERVAL_MS) watchedSince = now
    lastBeat = now
    beat()
    for (const { peer, lastHeard } of [...mesh.up()]) {
      const silence = now - Math.max(lastHeard, watchedSince)
      if (silence > suspectAfterMs && owes(peer)) {
        mesh.disconnect(peer, `silent for ${Math.round(silence)} ms`)
      }
    }
    cancel = clock.schedule(ALIVE_INTERVAL_MS, tick)
  }

  return {
    start() {
      if (cancel !== undefined) return
      watchedSince = clock.now()
      lastBeat = watchedSince
      cancel = clock.schedule(ALIVE_INTERVAL_MS, tick)
    },
    stop() {
      cancel?.()
      cancel = undefined
    }
  }
}
