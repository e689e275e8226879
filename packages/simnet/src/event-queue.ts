/** Something that will happen at a moment of virtual time. */
export interface SimEvent {
  /** When, in ms. */
  readonly timeMs: number
  /** Which of the events of one moment comes first: the one that was planned first. */
  readonly sequence: number
  /** What happens; `undefined` once it is cancelled. */
  action: (() => void) | undefined
  /** Whose event it is: it does not happen if that peer is dead by then. */
  readonly owner: EventOwner | undefined
}

/** What an event is tied to. */
export interface EventOwner {
  readonly alive: boolean
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
}

/** Heaps smaller than this are not swept: dropping at the top is enough. */
const SWEEP_FROM = 64

export function createEventQueue(): EventQueue {
  let heap: SimEvent[] = []
  let cancelledCount = 0

  function push(event: SimEvent): void {
    let index = heap.length
    heap.push(event)
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex]!
      if (!before(event, parent)) break
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
      const right = childIndex + 1
      if (right < length && before(heap[right]!, heap[childIndex]!)) childIndex = right
      const child = heap[childIndex]!
      if (!before(child, last)) break
      heap[index] = child
      index = childIndex
    }
    heap[index] = last
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
      // pushing again in order of time keeps the order: it depends on (time, sequence) alone
      const kept = heap.filter(happens)
      heap = []
      cancelledCount = 0
      for (const event of kept) push(event)
    }
  }
}

function happens(event: SimEvent): boolean {
  return event.action !== undefined && event.owner?.alive !== false
}

function before(a: SimEvent, b: SimEvent): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.sequence < b.sequence)
}
