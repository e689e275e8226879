import type { PeerId } from '@daa-compute/interface'
import { GroupError } from './errors.ts'

/**
 * Who of the members has come, and in which process life: once all have, the
 * group is of these, and a member that restarts is none of it.
 */
export class Roll {
  /** By member, this peer included. */
  readonly incarnations: Map<PeerId, string> = new Map()
  readonly #members: readonly PeerId[]
  /** Why members are gone that were here. */
  readonly #losses = new Map<PeerId, string>()
  readonly #complete = Promise.withResolvers<void>()
  #isComplete = false

  constructor(members: readonly PeerId[], self: PeerId, incarnation: string) {
    this.#members = members
    this.incarnations.set(self, incarnation)
    // a refusal may come when nobody waits any more
    this.#complete.promise.catch(() => undefined)
    this.#check()
  }

  /** Why a process life of a peer is not let in. */
  refusal(peer: PeerId, incarnation: string): string | undefined {
    if (!this.#members.includes(peer)) return `${peer} is no member of the group here`
    if (!this.#isComplete || this.incarnations.get(peer) === incarnation) return undefined
    return 'the group was made with an earlier process life of it: make another one, of another id'
  }

  /** Why a member is gone. */
  lossOf(peer: PeerId): string | undefined {
    return this.#losses.get(peer)
  }

  onDown(peer: PeerId, reason: string): void {
    this.#losses.set(peer, reason)
  }

  onUp(peer: PeerId, incarnation: string): void {
    this.#losses.delete(peer)
    if (this.#isComplete) return
    this.incarnations.set(peer, incarnation)
    this.#check()
  }

  onRefused(peer: PeerId, reason: string): void {
    this.fail(notConnected({ [peer]: reason }))
  }

  /** Resolves when everybody has come. @throws what {@link fail} was given, or a refusal */
  get complete(): Promise<void> {
    return this.#complete.promise
  }

  /** The time is over. @param failures why members could not be reached */
  onTimeout(failures: ReadonlyMap<PeerId, string>): void {
    const missing = this.#members.filter((peer) => !this.incarnations.has(peer))
    const reasons = missing.map((peer) => [peer, failures.get(peer) ?? 'it never came'])
    this.fail(notConnected(Object.fromEntries(reasons) as Record<string, string>))
  }

  fail(error: Error): void {
    this.#complete.reject(error)
  }

  #check(): void {
    if (!this.#members.every((peer) => this.incarnations.has(peer))) return
    this.#isComplete = true
    this.#complete.resolve()
  }
}

function notConnected(missing: Readonly<Record<string, string>>): GroupError<'NOT_CONNECTED'> {
  const list = Object.entries(missing).map(([peer, reason]) => `${peer} (${reason})`)
  return new GroupError(
    'NOT_CONNECTED',
    `these members did not come: ${list.join(', ')}; start them, with the same members and id`,
    { missing }
  )
}
