import type { Pending } from './pending.ts'

/** How one end of a channel comes to its end, and who waits for that. */
export class Ending {
  over = false
  /** Why it is over, unless somebody closed politely. */
  failure: Error | undefined = undefined

  /** Calls of `close` that wait; there is such a list from the first call on. */
  #closes: Pending<void>[] | undefined
  #closed: Promise<Error | undefined> | undefined
  #resolveClosed: ((failure: Error | undefined) => void) | undefined

  /** Whether `close` was called here. */
  get begun(): boolean {
    return this.#closes !== undefined
  }

  /** The call of `close` that has waited longest. */
  get firstClose(): Pending<void> | undefined {
    return this.#closes?.[0]
  }

  /** Made when it is first asked for: most channels end without. */
  get closed(): Promise<Error | undefined> {
    this.#closed ??= this.over
      ? Promise.resolve(this.failure)
      : new Promise((resolve) => {
          this.#resolveClosed = resolve
        })
    return this.#closed
  }

  begin(): void {
    this.#closes ??= []
  }

  await(close: Pending<void>): void {
    this.#closes?.push(close)
  }

  finish(failure: Error | undefined): void {
    this.over = true
    this.failure = failure
    for (const close of this.#closes?.splice(0) ?? []) {
      if (failure === undefined) close.resolve()
      else close.reject(failure)
    }
    this.#resolveClosed?.(failure)
  }

  /** Forgets who waits; their promises never settle. */
  drop(): void {
    for (const close of this.#closes?.splice(0) ?? []) close.drop()
  }
}
