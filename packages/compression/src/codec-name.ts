import {
  MAX_COMPRESSION_LEVEL,
  ZSTD_DEFAULT_LEVEL,
  ZSTD_MAX_LEVEL,
  ZSTD_MIN_LEVEL
} from './constants.ts'
import { CodecError } from './errors.ts'
import type { ValueStageName } from './value-stage.ts'

/** A codec's name, taken apart. */
export interface Pipeline {
  /** The canonical name: every parameter spelled out. */
  readonly name: string
  readonly value: ValueStageName
  /** Level of the zstd stage; `undefined` without one. */
  readonly zstdLevel: number | undefined
}

const ALLOWED = ['float32', 'int8', 'float32+zstd:LEVEL', 'int8+zstd:LEVEL']

/** Names may come from peers: what is repeated of them in a message is short. */
const QUOTED_CHARACTERS = 40

/**
 * Checks a codec's name and gives its canonical form: `int8+zstd` becomes
 * `int8+zstd:1`. Peers that compare names have to compare canonical ones.
 *
 * @throws {CodecError} `UNKNOWN_CODEC`, `BAD_PARAMETER`
 */
export function parseCodecName(name: string): string {
  return parsePipeline(name).name
}

/**
 * The codec for the one-number setting that 0 turns off and 9 turns up:
 * 0 is `float32`, and 1 to 9 are `int8+zstd:1` to `int8+zstd:9`.
 *
 * @throws {CodecError} `BAD_PARAMETER` when the level is not an integer of 0 to 9
 */
export function codecForCompressionLevel(level: number): string {
  if (!Number.isInteger(level) || level < 0 || level > MAX_COMPRESSION_LEVEL) {
    throw new CodecError(
      'BAD_PARAMETER',
      `a compression level is an integer of 0 to ${MAX_COMPRESSION_LEVEL}, got ${level}`,
      { name: 'compressionLevel', parameter: String(level) }
    )
  }
  return level === 0 ? 'float32' : `int8+zstd:${level}`
}

/** @throws {CodecError} `UNKNOWN_CODEC`, `BAD_PARAMETER` */
export function parsePipeline(name: string): Pipeline {
  const match = /^(float32|int8)(\+zstd(?::(.*))?)?$/s.exec(name)
  if (match === null) {
    throw new CodecError(
      'UNKNOWN_CODEC',
      `there is no codec ${quote(name)}; use one of ${ALLOWED.join(', ')}, ` +
        `LEVEL being ${ZSTD_MIN_LEVEL} to ${ZSTD_MAX_LEVEL}`,
      { name, allowed: ALLOWED }
    )
  }
  const value = match[1] as ValueStageName
  if (match[2] === undefined) return { name: value, value, zstdLevel: undefined }
  const zstdLevel = match[3] === undefined ? ZSTD_DEFAULT_LEVEL : parseLevel(name, match[3])
  return { name: `${value}+zstd:${zstdLevel}`, value, zstdLevel }
}

function parseLevel(name: string, text: string): number {
  const level = /^[1-9][0-9]?$/.test(text) ? Number(text) : Number.NaN
  if (!(level >= ZSTD_MIN_LEVEL && level <= ZSTD_MAX_LEVEL)) {
    throw new CodecError(
      'BAD_PARAMETER',
      `the level of zstd is an integer of ${ZSTD_MIN_LEVEL} to ${ZSTD_MAX_LEVEL}, ` +
        `got ${quote(text)} in ${quote(name)}`,
      { name, parameter: text }
    )
  }
  return level
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, QUOTED_CHARACTERS))
}
