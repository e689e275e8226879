import type { PeerId } from '@daa-compute/interface'
import { Bucket } from '../bucket/bucket.ts'
import { DataRouter } from '../executor/router.ts'
import { UndoBuffer } from '../executor/undo.ts'
import { MAX_OPERATIONS_AHEAD } from './constants.ts'
import type { GroupMessage } from './messages.ts'
import type { Operation } from './operation.ts'
import type { GroupRequest } from './request.ts'

export type AbortMessage = Extract<GroupMessage, { type: 'abort' }>

/** The operations of one tag, one after the other, and the memory they share. */
export class Lane {
  readonly tag: number
  readonly router: DataRouter
  readonly undo: UndoBuffer = new UndoBuffer()
  readonly bucket: Bucket = new Bucket()
  /** The operation that is going on. */
  current: Operation | undefined
  /** Number of the next operation to begin. */
  next = 0
  /** What was asked for last, for members that ask later. */
  lastRequest: GroupRequest | undefined
  /** Settled when every operation called so far is over. */
  tail: Promise<unknown> = Promise.resolve()
  /** Whether an operation was called here: such lanes count against the limit. */
  used = false
  /** Aborts of operations that have not begun here, by sequence. */
  readonly #early = new Map<number, { readonly peer: PeerId; readonly message: AbortMessage }>()

  constructor(tag: number) {
    this.tag = tag
    this.router = new DataRouter((peer) => this.current?.onForeignFrame(peer))
  }

  /** Number of operations that are over. */
  get over(): number {
    return this.current === undefined ? this.next : this.next - 1
  }

  /** Keeps an abort of an operation to come; the first one counts. */
  keep(peer: PeerId, message: AbortMessage): void {
    const { sequence } = message
    if (sequence < this.next || sequence >= this.next + MAX_OPERATIONS_AHEAD) return
    if (!this.#early.has(sequence)) this.#early.set(sequence, { peer, message })
  }

  /** The kept abort of an operation that begins now. */
  takeEarly(sequence: number): { peer: PeerId; message: AbortMessage } | undefined {
    const early = this.#early.get(sequence)
    this.#early.delete(sequence)
    return early
  }
}
