import type { AbortOptions } from '@daa-compute/interface'

/**
 * The second stage of a codec: makes the bytes of the value stage fewer, and
 * gives them back as they were.
 *
 * The pipeline hands it one tile of at most 1 MiB at a time and writes the
 * lengths of a tile, before and after, itself. A tile that did not get smaller
 * is stored as it was, so that a stage never sees it again.
 */
export interface EntropyStage {
  /** Canonical, with its parameter: `zstd:1`. */
  readonly name: string

  /** On the wire, 1 to 255; see docs/codec-format.md. The parameter is not. */
  readonly id: number

  /** Upper bound of the bytes that `compress` writes for `rawLength` bytes, 1 to 1 MiB of them. */
  maxLength(rawLength: number): number

  /**
   * The same bytes give the same bytes, whatever was compressed before.
   *
   * @param out at least `maxLength(input.length)` bytes
   * @returns how many bytes it wrote; from `input.length` on it means that the bytes
   * are better stored as they are, and `out` may hold anything
   */
  compress(input: Uint8Array, out: Uint8Array): number

  /**
   * Fills `out`.
   *
   * @param input hostile, of any length that is smaller than that of `out`
   * @param out scratch memory of exactly the announced length, 1 byte to 1 MiB; may
   * be left half written when this throws
   * @throws {CodecError} `MALFORMED` for everything that does not end exactly at the
   * end of both
   */
  decompress(input: Uint8Array, out: Uint8Array): void
}

/** One kind of entropy stage, by its name. `families.ts` lists them. */
export interface EntropyFamily {
  /** What stands behind the `+`: `zstd`. */
  readonly name: string

  /** How it is written, for messages: `zstd[:LEVEL], LEVEL being 1 to 19`. */
  readonly form: string

  /**
   * Checks the parameter and spells it out.
   *
   * @param parameter what stands behind the colon; `undefined` without a colon. It
   * may come from a peer
   * @returns the canonical parameter, or `undefined` if the family has none
   * @throws {CodecError} `BAD_PARAMETER`; `codecName` is the whole name, for `detail.name`
   */
  parse(parameter: string | undefined, codecName: string): string | undefined

  /**
   * Loads what it needs, once per process.
   *
   * @param parameter canonical
   * @throws {CodecError} `ENTROPY_UNAVAILABLE`
   */
  load(parameter: string | undefined, options?: AbortOptions): Promise<EntropyStage>
}
