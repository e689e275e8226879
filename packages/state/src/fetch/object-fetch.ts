import type { Clock, Hasher, PeerId } from '@daa-compute/interface'
import { FIRST_INTERVAL_MS, MAX_STALL_MS, MIN_STALL_MS, WATCH_INTERVAL_MS } from '../constants.ts'
import { StateError } from '../errors.ts'
import type { Answer, ObjectRef } from '../protocol/messages.ts'
import {
  blockAt,
  type HashTree,
  leafHash,
  rootHash,
  sameBytes,
  type TreeShape
} from '../tree/hash-tree.ts'
import type { DonorLink } from './donor-link.ts'
import { hedgeFor } from './end-game.ts'
import { Pace } from './pace.ts'
import { TreeWalk } from './tree-walk.ts'

export interface ObjectFetchInit {
  readonly clock: Clock
  readonly hasher: Hasher
  readonly of: ObjectRef
  readonly shape: TreeShape
  readonly root: Uint8Array
  /** What is there already, if anything. */
  readonly own: HashTree | undefined
  /** Takes a block that is right. */
  write(offset: number, bytes: Uint8Array): void
  progress(bytesDone: number): void
}

/** What came of it; lengths in bytes. */
export interface FetchTally {
  fetched: number
  present: number
  duplicate: number
  wasted: number
}

/** Fetches one object from many donors at once, every block verified. */
export class ObjectFetch {
  readonly tally: FetchTally = { fetched: 0, present: 0, duplicate: 0, wasted: 0 }
  /** Settles when the object is whole, or cannot become so. */
  readonly done: Promise<void>
  readonly #init: ObjectFetchInit
  readonly #walk: TreeWalk
  readonly #paces = new Map<DonorLink, Pace>()
  /** Hashes of the blocks that are missing; that of a single one is the root's. */
  readonly #wanted = new Map<number, Uint8Array | undefined>()
  /** Of those, the ones nobody has been asked for, as a stack. */
  #queue: number[] = []
  readonly #settle: { resolve: () => void; reject: (error: unknown) => void }
  readonly #lost: PeerId[] = []
  #isSealed = false
  #isOver = false
  #cancelWatch: () => void = () => undefined

  constructor(init: ObjectFetchInit) {
    this.#init = init
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.done = promise
    this.#settle = { resolve, reject }
    // a failure may come before anybody waits
    promise.catch(() => undefined)
    this.#walk = new TreeWalk({
      ...init,
      links: () => [...this.#paces.keys()],
      present: (length) => this.#hasPresent(length),
      missing: (index, hash) => this.#wants(index, hash),
      wasted: (length) => void (this.tally.wasted += length),
      learned: () => this.#pump()
    })
    this.#walk.start()
    this.#watch()
    this.#look()
  }

  add(link: DonorLink): void {
    if (this.#isOver || link.isOver || this.#paces.has(link)) return
    this.#paces.set(link, new Pace(this.#init.clock.now()))
    const end = (): void => this.#lose(link)
    link.signal.addEventListener('abort', end, { once: true })
    this.#walk.go()
    this.#pump()
  }

  /** No further donors are to come. */
  seal(): void {
    this.#isSealed = true
    this.#look()
  }

  /** Gives up. */
  fail(error: unknown): void {
    this.#end()
    this.#settle.reject(error)
  }

  #end(): void {
    this.#isOver = true
    this.#cancelWatch()
    this.#walk.end()
  }

  #hasPresent(length: number): void {
    this.tally.present += length
    this.#report()
  }

  #wants(index: number, hash: Uint8Array | undefined): void {
    this.#wanted.set(index, hash)
    this.#queue.push(index)
  }

  #report(): void {
    try {
      this.#init.progress(this.tally.fetched + this.tally.present)
    } catch (error) {
      // no fault of the donor's whose block it was
      this.fail(error)
    }
  }

  #lose(link: DonorLink): void {
    const pace = this.#paces.get(link)
    this.#paces.delete(link)
    if (this.#isOver) return
    this.#lost.push(link.peer)
    for (const index of pace?.outstanding.keys() ?? []) this.#wantAgain(index)
    this.#walk.lose(link)
    this.#look()
    this.#pump()
  }

  /** It did not come from where it was asked for: others are asked, unless they are already. */
  #wantAgain(index: number): void {
    const isAsked = [...this.#paces.values()].some(({ outstanding }) => outstanding.has(index))
    if (isAsked || !this.#wanted.has(index) || this.#queue.includes(index)) return
    this.#queue.push(index)
  }

  /** Whether it is over. */
  #look(): void {
    if (this.#isOver) return
    if (this.#walk.isDone && this.#wanted.size === 0) {
      this.#end()
      this.#settle.resolve()
    } else if (this.#isSealed && this.#paces.size === 0) {
      this.fail(
        new StateError(
          'NO_DONORS',
          'every donor was lost before the state was complete: what has come is kept, call again to go on',
          { asked: this.#lost }
        )
      )
    }
  }

  #pump(): void {
    if (this.#isOver) return
    this.#walk.go()
    for (const [link, pace] of this.#paces) {
      while (pace.outstanding.size < pace.window) {
        const index = this.#queue.pop() ?? this.#hedgeFor(pace)
        if (index === undefined) break
        if (this.#wanted.has(index)) this.#ask(link, pace, index)
      }
    }
    this.#look()
  }

  #hedgeFor(pace: Pace): number | undefined {
    const isWanted = (index: number): boolean => this.#wanted.has(index)
    return hedgeFor(pace, [...this.#paces.values()], isWanted, this.#init.clock.now())
  }

  #ask(link: DonorLink, pace: Pace, index: number): void {
    pace.asked(index, this.#init.clock.now())
    link.post({ type: 'block', of: this.#init.of, index }, (answer) => {
      this.#take(link, pace, index, answer)
    })
  }

  #take(link: DonorLink, pace: Pace, index: number, answer: Answer): void {
    const { shape, clock } = this.#init
    pace.arrived(index, clock.now(), blockAt(shape, index).length === shape.blockLength)
    if (answer.type === 'no') {
      this.#wantAgain(index)
      link.drop(refusedBy(link, answer.refusal))
      return
    }
    if (answer.type !== 'block') {
      this.#wantAgain(index)
      link.malformed(`asked for a block it answered ${answer.type}`)
      return
    }
    const { bytes } = answer
    if (!this.#wanted.has(index) || this.#isOver) {
      this.tally.duplicate += bytes.byteLength
      this.#pump()
      return
    }
    const { offset, length } = blockAt(this.#init.shape, index)
    if (bytes.byteLength !== length || !this.#isRight(index, bytes)) {
      this.tally.wasted += bytes.byteLength
      const { peer } = link
      this.#wantAgain(index)
      link.drop(
        new StateError(
          'WRONG_BLOCK',
          `${peer} sent a block ${index} that is not what was vouched for`,
          {
            peer,
            index
          }
        )
      )
      return
    }
    try {
      this.#init.write(offset, bytes)
    } catch (cause) {
      this.fail(
        new StateError(
          'WRITE_FAILED',
          `the state could not be written: ${String(cause)}. The tensors must stay as they are while they are fetched`,
          { cause },
          { cause }
        )
      )
      return
    }
    this.#wanted.delete(index)
    link.bytes += length
    this.tally.fetched += length
    this.#report()
    this.#pump()
  }

  #isRight(index: number, bytes: Uint8Array): boolean {
    const { hasher, shape, root } = this.#init
    const hash = this.#wanted.get(index)
    const leaf = leafHash(hasher, [bytes])
    return hash === undefined
      ? sameBytes(rootHash(hasher, shape, leaf), root)
      : sameBytes(leaf, hash)
  }

  #watch(): void {
    const { clock } = this.#init
    this.#cancelWatch = clock.schedule(WATCH_INTERVAL_MS, () => {
      const now = clock.now()
      for (const [link, pace] of this.#paces) {
        if (pace.outstanding.size === 0) continue
        const limit = Math.min(
          MAX_STALL_MS,
          Math.max(MIN_STALL_MS, 8 * (pace.intervalMs ?? FIRST_INTERVAL_MS))
        )
        const forMs = now - pace.lastMs
        const { peer } = link
        if (forMs <= limit) continue
        link.drop(
          new StateError('STALLED', `${peer} has sent nothing for ${forMs} ms`, { peer, forMs })
        )
      }
      this.#pump()
      if (!this.#isOver) this.#watch()
    })
  }
}

/** A donor that does not, or not any more, serve. */
export function refusedBy({ peer }: DonorLink, reason: string): StateError {
  return new StateError('REFUSED', `${peer} does not serve what it was asked for: ${reason}`, {
    peer,
    reason
  })
}
