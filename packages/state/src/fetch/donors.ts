import { type Clock, type Connector, joinSignals, type PeerId } from '@daa-compute/interface'
import { ANSWER_TIMEOUT_MS, GRACE_MS } from '../constants.ts'
import type { StateError } from '../errors.ts'
import type { DonorReport } from '../shared-state.ts'
import { pauseOf } from '../timing.ts'
import { DonorLink } from './donor-link.ts'
import { isQuorum } from './quorum.ts'
import type { Status, Statuses } from './target.ts'

export interface DonorsInit {
  readonly run: string
  readonly connector: Connector
  readonly clock: Clock
  readonly hasher: string
  readonly members: () => readonly PeerId[]
  readonly dropped: (peer: PeerId, reason: StateError) => void
}

interface Entry {
  readonly link: DonorLink
  readonly ready: Promise<void>
}

/** The peers that are asked for the state in one call; whoever was dropped is not asked again. */
export class Donors {
  readonly #init: DonorsInit
  readonly #entries = new Map<PeerId, Entry>()

  constructor(init: DonorsInit) {
    this.#init = init
    this.refresh()
  }

  /** Those that may be asked. */
  get links(): readonly Entry[] {
    return [...this.#entries.values()].filter(({ link }) => !link.isOver)
  }

  get asked(): readonly PeerId[] {
    return [...this.#entries.keys()]
  }

  get reports(): Readonly<Record<PeerId, DonorReport>> {
    const reports: Record<PeerId, DonorReport> = {}
    for (const { link } of this.#entries.values()) {
      reports[link.peer] = { bytes: link.bytes, dropped: link.reason }
    }
    return reports
  }

  /** Takes in members that have come meanwhile. */
  refresh(): void {
    const { members, connector, hasher, dropped } = this.#init
    for (const peer of members()) {
      if (peer === connector.self || this.#entries.has(peer)) continue
      const link = new DonorLink({
        ...this.#init,
        peer,
        hasher,
        dropped: (_, reason) => dropped(peer, reason)
      })
      const ready = link.open()
      ready.catch(() => undefined)
      this.#entries.set(peer, { link, ready })
    }
  }

  /**
   * What they say they have: all, or a quorum, and most of those who are asked, and whoever
   * answers hardly later. A quorum alone may be of one that names nobody else.
   */
  async statuses(signal: AbortSignal): Promise<Statuses> {
    const known: Status[] = []
    const stateless = new Set<PeerId>()
    using over = joinSignals(signal)
    let isWaiting = false
    const { links } = this
    let failed = 0
    const asked = links.map(async ({ link, ready }) => {
      try {
        await ready
        const answer = await link.ask({ type: 'status' }, 'status')
        if (answer.type === 'no' || answer.statement === undefined) stateless.add(link.peer)
        else known.push({ peer: link.peer, statement: answer.statement })
      } catch {
        failed++
      }
      const peers = new Set(known.map(({ peer }) => peer))
      const isEnough = known.some(({ statement }) =>
        isQuorum(statement.participants, peers, this.#init.connector.self, stateless)
      )
      const isMost = known.length * 2 > links.length - stateless.size - failed
      if (!isEnough || !isMost || isWaiting) return
      isWaiting = true
      void pauseOf(this.#init.clock, GRACE_MS, over.signal).then(() => over.abort())
    })
    void Promise.allSettled(asked).then(() => over.abort())
    await pauseOf(this.#init.clock, 2 * ANSWER_TIMEOUT_MS, over.signal)
    signal.throwIfAborted()
    return { known: [...known], stateless: new Set(stateless) }
  }

  /** Says that it is over. Politely, if what is held is to be let go at once. */
  async end(isPolite: boolean): Promise<void> {
    await Promise.all(this.links.map(({ link }) => (isPolite ? link.part() : link.close())))
  }
}
