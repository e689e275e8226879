/** The part of the platform that is used here; not every platform has `setImmediate`. */
interface Platform {
  readonly setImmediate?: (callback: () => void) => unknown
}

// taken once, so that a test's fake timers do not stop the simulation
const { setImmediate } = globalThis as Platform

/** Turns ordered at once; those that are left over at the end do nothing. */
const AHEAD = 64

/**
 * Calls `turn` again and again, with all microtasks done before each call, until it returns
 * `false`.
 *
 * Only a new macrotask guarantees that: a chain of promises may be of any length, so no fixed
 * number of microtasks is enough. Of the macrotasks a platform has, `setImmediate` is the cheapest,
 * and far cheaper when many are ordered at once: 0.1 µs in Node 24, against 0.9 µs one by one,
 * because the event loop then goes round once for all of them. After each of them Node still does
 * all microtasks, and reports rejections that nobody has handled (as it would not do after each
 * `process.nextTick`). Browsers have `MessageChannel`; their timers are clamped to 1 or 4 ms.
 */
export function takeTurns(turn: () => boolean): void {
  let going = true
  let ordered = 0

  function next(): void {
    ordered--
    if (!going) return
    going = turn()
    if (!going) stop()
    else if (ordered === 0) orderMore()
  }
  function orderMore(): void {
    for (; ordered < AHEAD; ordered++) order()
  }

  let order: () => void
  let stop = (): void => {}
  if (setImmediate !== undefined) {
    order = () => setImmediate(next)
  } else {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = next
    order = () => port2.postMessage(0)
    stop = () => port1.close()
  }
  orderMore()
}
