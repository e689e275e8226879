/** What the caller's thread names by a handle. */
export class Handles<Handle, Hosted> {
  readonly #what: string
  readonly #all = new Map<Handle, Hosted>()

  /** @param what a handle stands for */
  constructor(what: string) {
    this.#what = what
  }

  set(handle: Handle, hosted: Hosted): void {
    this.#all.set(handle, hosted)
  }

  /** @throws {RangeError} for a handle that stands for nothing (any more) */
  get(handle: Handle): Hosted {
    const hosted = this.#all.get(handle)
    if (hosted === undefined) throw new RangeError(`there is no ${this.#what} ${String(handle)}`)
    return hosted
  }

  delete(handle: Handle): void {
    this.#all.delete(handle)
  }

  values(): Iterable<Hosted> {
    return this.#all.values()
  }
}
