import type { Path } from './path.ts'

/** What happens at an event: a function of two arguments, so that no closure is made per frame. */
export type EventAction = (target: never, argument: never) => void

/** Something that will happen at a moment of virtual time. */
export class SimEvent {
  /** When, in ms. */
  timeMs = 0
  /** Which of the events of one moment comes first: the one that was planned first. */
  sequence = 0
  /** What happens; `undefined` once it has happened or is cancelled. */
  action: EventAction | undefined
  readonly target: unknown
  readonly argument: unknown
  /** Whose event it is: it does not happen if that peer is dead by then. */
  readonly owner: EventOwner | undefined
  /** The way on which it travels, if it is a message. */
  path: Path | undefined = undefined
  /** Bytes it takes on the line; negative for a control message, which takes none. */
  length = -1
  /** The order it has to keep, if it has to. */
  flow: Flow | undefined = undefined

  constructor(
    owner: EventOwner | undefined,
    action: EventAction,
    target: unknown,
    argument: unknown
  ) {
    this.owner = owner
    this.action = action
    this.target = target
    this.argument = argument
  }
}

/** What an event is tied to. */
export interface EventOwner {
  readonly alive: boolean
  /** Whether it is stopped: its events neither happen nor make time pass. */
  readonly frozen: boolean
  /** Whether events have to be given to `take` instead of happening. */
  readonly hindered: boolean
  /** Takes an event that is due, for later. */
  take(event: SimEvent): void
}

/** Messages that arrive in the order in which they were sent. */
export interface Flow {
  /** When the last of them arrives, in ms. */
  lastArrivalMs: number
}

/** A binary heap of events by (time, sequence). */
export interface EventQueue {
  push(event: SimEvent): void
  /** The next event that will really happen; cancelled ones before it are dropped. */
  peek(): SimEvent | undefined
  /** Takes what `peek` shows. */
  pop(): SimEvent | undefined
  /** Says that an event in the heap was cancelled, so that many of them are swept out. */
  cancelled(): void
  /** Takes out the events that travel on a way, in their order. */
  extract(path: Path): SimEvent[]
}

/** Heaps smaller than this are not swept: dropping at the top is enough. */
const SWEEP_FROM = 64

export function createEventQueue(): EventQueue {
  let heap: SimEvent[] = []
  let cancelledCount = 0

  function push(event: SimEvent): void {
    const { timeMs, sequence } = event
    let index = heap.length
    heap.push(event)
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex]!
      if (timeMs > parent.timeMs || (timeMs === parent.timeMs && sequence > parent.sequence)) break
      heap[index] = parent
      index = parentIndex
    }
    heap[index] = event
  }

  function removeTop(): void {
    const last = heap.pop()
    const length = heap.length
    if (last === undefined || length === 0) return
    let index = 0
    for (;;) {
      let childIndex = 2 * index + 1
      if (childIndex >= length) break
      let child = heap[childIndex]!
      const rightIndex = childIndex + 1
      if (rightIndex < length) {
        const right = heap[rightIndex]!
        if (before(right, child)) {
          child = right
          childIndex = rightIndex
        }
      }
      if (!before(child, last)) break
      heap[index] = child
      index = childIndex
    }
    heap[index] = last
  }

  /** Keeps what the condition holds for; pushing again keeps the order: it is in the events. */
  function keep(condition: (event: SimEvent) => boolean): void {
    const kept = heap.filter(condition)
    heap = []
    for (const event of kept) push(event)
  }

  function peek(): SimEvent | undefined {
    for (;;) {
      const top = heap[0]
      if (top === undefined || happens(top)) return top
      removeTop()
      if (cancelledCount > 0) cancelledCount--
    }
  }

  return {
    push,
    peek,
    pop() {
      const top = peek()
      if (top !== undefined) removeTop()
      return top
    },
    cancelled() {
      cancelledCount++
      if (heap.length < SWEEP_FROM || cancelledCount * 2 < heap.length) return
      cancelledCount = 0
      keep(happens)
    },
    extract(path) {
      const found = heap.filter((event) => event.path === path && happens(event))
      if (found.length > 0) keep((event) => event.path !== path)
      return found.sort((a, b) => (before(a, b) ? -1 : 1))
    }
  }
}

function happens(event: SimEvent): boolean {
  return event.action !== undefined && (event.owner === undefined || event.owner.alive)
}

function before(a: SimEvent, b: SimEvent): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.sequence < b.sequence)
}
