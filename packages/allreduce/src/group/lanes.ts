import { MAX_TAG, MAX_TAGS } from '../mesh/constants.ts'
import { GroupError } from './errors.ts'
import { Lane } from './lane.ts'
import type { GroupMessage, OperationId } from './messages.ts'
import type { Operation } from './operation.ts'

/** The lanes of a group by their tags: those that this peer has called something on, and those that others name. */
export class Lanes {
  readonly #lanes = new Map<number, Lane>()
  readonly #limit: number

  /** @param members of the group, each of which may use {@link MAX_TAGS} */
  constructor(members: number) {
    this.#limit = MAX_TAGS * members
  }

  get all(): readonly Lane[] {
    return [...this.#lanes.values()]
  }

  /** Those that this peer has called something on. */
  get used(): readonly Lane[] {
    return this.all.filter(({ used }) => used)
  }

  /**
   * The lane of a call of this peer's.
   *
   * @throws {GroupError} `BAD_OPTION` for a tag that is none, or one too many
   */
  use(tag: number): Lane {
    if (!Number.isInteger(tag) || tag < 0 || tag > MAX_TAG) {
      throw badTag(tag, `a tag is a whole number from 0 to ${MAX_TAG}`)
    }
    if (this.#lanes.get(tag)?.used !== true && this.used.length >= MAX_TAGS) {
      throw badTag(tag, `a group uses at most ${MAX_TAGS} tags`)
    }
    const lane = this.named(tag)
    lane.used = true
    return lane
  }

  /**
   * The lane that another member names, or this one.
   *
   * @throws {TypeError} when others name more tags than all of them may
   */
  named(tag: number): Lane {
    const existing = this.#lanes.get(tag)
    if (existing !== undefined) return existing
    if (this.#lanes.size >= this.#limit) throw new TypeError('too many tags')
    const lane = new Lane(tag)
    this.#lanes.set(tag, lane)
    return lane
  }

  /** Operations of a tag that are over. */
  over(tag: number): number {
    return this.#lanes.get(tag)?.over ?? 0
  }

  /** An operation, if it goes on here at this moment. */
  current({ tag, sequence }: OperationId): Operation | undefined {
    const lane = this.#lanes.get(tag)
    return sequence === (lane?.next ?? 0) - 1 ? lane?.current : undefined
  }

  /** How far this peer is with an operation, as others are told. */
  status({ tag, sequence }: OperationId): Extract<GroupMessage, { readonly type: 'status' }> {
    const lane = this.#lanes.get(tag)
    const next = lane?.next ?? 0
    const current = this.current({ tag, sequence })
    const state = current?.state ?? (sequence < next ? 'over' : 'idle')
    const request = current?.request ?? (sequence === next - 1 ? lane?.lastRequest : undefined)
    return { type: 'status', tag, sequence, state, request }
  }
}

function badTag(value: number, rule: string): GroupError<'BAD_OPTION'> {
  return new GroupError('BAD_OPTION', `the tag is ${value}: ${rule}`, { option: 'tag', value })
}
