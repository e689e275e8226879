import type {
  AdmissionDecision,
  Channel,
  Clock,
  PeerId,
  Refusal,
  RefusalCode
} from '@daa-compute/interface'
import { notAdmitted, refusal } from './refusal.ts'

/** Somebody was let in. */
export type Admitted = Extract<AdmissionDecision, { admitted: true }>

/** Two peers that are in a run together, for as long as they have a channel. */
interface Session {
  readonly channels: Set<Channel>
  /** Whether the other end is known to have let this one in. */
  confirmed: boolean
  role: string | undefined
  cancelExpiry: () => void
}

/**
 * Whom this peer has let in, with the channels they have. A session lasts as long
 * as a channel does, so that what a peer can make another remember is bounded by its
 * channels; and no longer than it was admitted for.
 */
export class Sessions {
  readonly #run: string
  readonly #self: PeerId
  readonly #clock: Clock
  readonly #onExpelled: (peer: PeerId, code: RefusalCode) => void
  readonly #sessions = new Map<PeerId, Session>()
  #revocations = 0

  /** @param onExpelled is told of each peer that is thrown out, and why */
  constructor(
    run: string,
    self: PeerId,
    clock: Clock,
    onExpelled: (peer: PeerId, code: RefusalCode) => void
  ) {
    this.#run = run
    this.#self = self
    this.#clock = clock
    this.#onExpelled = onExpelled
  }

  /** How often somebody was thrown out by name, or everybody, whether it was in or not. */
  get revocations(): number {
    return this.#revocations
  }

  /** Lets a peer in with its first channel, or anew with a further one. */
  admit(channel: Channel, { role, forMs }: Admitted): void {
    const { peer } = channel
    const session = this.#sessions.get(peer) ?? {
      channels: new Set(),
      confirmed: false,
      role,
      cancelExpiry: () => undefined
    }
    this.#sessions.set(peer, session)
    session.role = role
    session.cancelExpiry()
    session.cancelExpiry = () => undefined
    if (forMs !== undefined) {
      session.cancelExpiry = this.#clock.schedule(forMs, () =>
        this.end(peer, refusal('EXPIRED', 'its membership has expired; a new one lets it in again'))
      )
    }
    this.#add(session, channel)
  }

  /** One more channel of a peer that is in. @returns whether it is */
  add(channel: Channel): boolean {
    const session = this.#sessions.get(channel.peer)
    if (session === undefined) return false
    this.#add(session, channel)
    return true
  }

  /** Whether a channel is in a session: its peer was let in, and not thrown out since. */
  has(channel: Channel): boolean {
    return this.#sessions.get(channel.peer)?.channels.has(channel) === true
  }

  /** The other end has let this one in, or knows of it no more. */
  confirm(peer: PeerId, confirmed: boolean): void {
    const session = this.#sessions.get(peer)
    if (session !== undefined) session.confirmed = confirmed
  }

  /** Whether both ends have let each other in. */
  isMutual(peer: PeerId): boolean {
    return this.#sessions.get(peer)?.confirmed === true
  }

  /** Those who are in. */
  peers(): readonly PeerId[] {
    return [...this.#sessions.keys()]
  }

  roleOf(peer: PeerId): string | undefined {
    return this.#sessions.get(peer)?.role
  }

  /** Throws a peer out: its channels are aborted. */
  end(peer: PeerId, reason: Refusal): void {
    this.#revocations++
    const session = this.#sessions.get(peer)
    if (session === undefined) return
    this.#forget(peer, session)
    this.#onExpelled(peer, reason.code)
    const error = notAdmitted(this.#run, peer, this.#self, reason)
    for (const channel of session.channels) channel.abort(error)
  }

  /** Throws everybody out. */
  endAll(reason: Refusal): void {
    this.#revocations++
    for (const peer of [...this.#sessions.keys()]) this.end(peer, reason)
  }

  /** Aborts every channel, as this peer leaves. */
  abort(error: Error): void {
    for (const [peer, session] of [...this.#sessions]) {
      this.#forget(peer, session)
      for (const channel of session.channels) channel.abort(error)
    }
  }

  #add(session: Session, channel: Channel): void {
    const { channels } = session
    channels.add(channel)
    void channel.closed.then(() => {
      channels.delete(channel)
      if (channels.size === 0) this.#forget(channel.peer, session)
    })
  }

  #forget(peer: PeerId, session: Session): void {
    session.cancelExpiry()
    if (this.#sessions.get(peer) === session) this.#sessions.delete(peer)
  }
}
