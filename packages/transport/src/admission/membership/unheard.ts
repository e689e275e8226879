/** Revocations that nobody has told of since they were to be told. */
export class Unheard {
  #left = new Map<string, Uint8Array>()

  /** All of these are to be told, again. */
  expect(known: readonly Uint8Array[]): void {
    this.#left = new Map(known.map((revocation) => [keyOf(revocation), revocation]))
  }

  /** Somebody has told of this one. */
  hear(revocation: Uint8Array): void {
    const key = keyOf(revocation)
    // in every byte, or what somebody made up with that key would silence the true one
    if (this.#left.get(key)?.every((byte, i) => byte === revocation[i]) === true) {
      this.#left.delete(key)
    }
  }

  /** Whether everything was told. */
  get isEmpty(): boolean {
    return this.#left.size === 0
  }
}

/** What tells true revocations apart: their length, and their last bytes, of a signature. */
function keyOf(revocation: Uint8Array): string {
  return [revocation.length, ...revocation.subarray(-32)].join()
}
