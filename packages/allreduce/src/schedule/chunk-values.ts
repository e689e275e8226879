/** Every rank's copy of every chunk as a symbol: the set of contributions in it, or that it is finished. */
export class ChunkValues {
  readonly #words: number
  readonly #size: number
  readonly #sets: Uint32Array
  readonly #finished: Uint8Array

  constructor(size: number, chunks: number) {
    this.#size = size
    this.#words = Math.ceil(size / 32)
    this.#sets = new Uint32Array(size * chunks * this.#words)
    this.#finished = new Uint8Array(size * chunks)
    for (let rank = 0; rank < size; rank++) {
      for (let chunk = 0; chunk < chunks; chunk++) this.#add(rank * chunks + chunk, rank)
    }
  }

  isFinished(at: number): boolean {
    return this.#finished[at] === 1
  }

  finish(at: number): void {
    this.#finished[at] = 1
  }

  /** Adds one set to another; says whether they had nothing in common. */
  merge(source: number, target: number): boolean {
    const from = source * this.#words
    const to = target * this.#words
    for (let word = 0; word < this.#words; word++) {
      const added = this.#sets[from + word] ?? 0
      const present = this.#sets[to + word] ?? 0
      if ((added & present) !== 0) return false
      this.#sets[to + word] = added | present
    }
    return true
  }

  /** What is wrong with the contributions that a chunk is finished from: all, or the one that counts. */
  differenceTo(at: number, only: number | undefined): string | undefined {
    for (let rank = 0; rank < this.#size; rank++) {
      const word = this.#sets[at * this.#words + (rank >>> 5)] ?? 0
      const present = ((word >>> (rank & 31)) & 1) === 1
      const wanted = only === undefined || only === rank
      if (present !== wanted) return `${wanted ? 'lacks' : 'has'} the contribution of rank ${rank}`
    }
    return undefined
  }

  #add(at: number, rank: number): void {
    const word = at * this.#words + (rank >>> 5)
    this.#sets[word] = (this.#sets[word] ?? 0) | (1 << (rank & 31))
  }
}
