import type { AllocationMeter } from './allocation-meter.ts'
import { codecCase, type CodecCase } from './codec-case.ts'
import { createDeltaSubjects, deltaCase, judgeDeltaCase, type DeltaCase } from './delta-case.ts'
import { diceOf } from './dice.ts'
import { judgeCodecCase, Misbehaviour, type Outcome } from './judge.ts'
import { judgeName, nameCase } from './name-case.ts'
import { createStageSubjects, judgeStageCase, stageCase, type StageCase } from './stage-case.ts'
import { createSubjects } from './subjects.ts'

/** Plays cases by their number. */
export interface Fuzzer {
  /** @throws {Failure} */
  play(index: number): void
  readonly tally: Tally
}

/** How many cases there were of what kind, and what became of them. */
export type Tally = Record<'codec' | 'stage' | 'delta' | 'name', Record<Outcome, number>>

export interface FuzzerInit {
  /** With the same seed, a case of a number is the same case. */
  readonly seed: number
  readonly meter: AllocationMeter
  /** Milliseconds since any moment. */
  readonly now: () => number
  /** Milliseconds that a case may take. */
  readonly deadlineMs: number
}

/** A case that did not end as it had to, told so that it can be played again. */
export class Failure extends Error {
  override readonly name: string = 'Failure'
}

/** Largest typed array that a case may make; the largest sound one is below 4 MiB. */
const MAX_ALLOCATION = 16 * 2 ** 20

/** Largest memory that a WebAssembly module may come to; level 4 of zstd takes the most. */
const MAX_MEMORY = 64 * 2 ** 20

/** Makes codecs and samples, which takes a second or so. */
export async function createFuzzer({ seed, meter, now, deadlineMs }: FuzzerInit): Promise<Fuzzer> {
  const [subjects, stages, deltas] = await Promise.all([
    createSubjects(),
    createStageSubjects(),
    createDeltaSubjects()
  ])
  const tally: Tally = {
    codec: { decoded: 0, refused: 0 },
    stage: { decoded: 0, refused: 0 },
    delta: { decoded: 0, refused: 0 },
    name: { decoded: 0, refused: 0 }
  }

  function judge(index: number): void {
    const dice = diceOf(seed, index)
    const kind = dice.below(100)
    if (kind < 4) {
      const name = nameCase(dice)
      watch(
        'name',
        () => judgeName(name),
        () => JSON.stringify(name)
      )
    } else if (kind < 8) {
      const made = deltaCase(deltas, dice)
      watch(
        'delta',
        () => judgeDeltaCase(made),
        () => describeDelta(made)
      )
    } else if (kind < 28) {
      const made = stageCase(stages, dice)
      watch(
        'stage',
        () => judgeStageCase(made),
        () => describeStage(made)
      )
    } else {
      const made = codecCase(subjects, dice)
      watch(
        'codec',
        () => judgeCodecCase(made),
        () => describeCodec(made)
      )
    }
  }

  function watch(kind: keyof Tally, action: () => Outcome, describe: () => string): void {
    meter.reset()
    const start = now()
    try {
      tally[kind][action()]++
      const elapsed = now() - start
      if (elapsed > deadlineMs) throw new Misbehaviour(`took ${Math.round(elapsed)} ms`)
      if (meter.largest() > MAX_ALLOCATION) {
        throw new Misbehaviour(`allocated ${meter.largest()} bytes at once`)
      }
      if (meter.largestMemory() > MAX_MEMORY) {
        throw new Misbehaviour(`grew a WebAssembly memory to ${meter.largestMemory()} bytes`)
      }
    } catch (cause) {
      throw new Failure(`${messageOf(cause)}: ${describe()}`, { cause })
    }
  }

  return {
    tally,
    play(index) {
      try {
        judge(index)
      } catch (cause) {
        throw new Failure(`seed ${seed}, case ${index}: ${messageOf(cause)}`, { cause })
      }
    }
  }
}

/** Bytes of a case that are shown. */
const SHOWN_BYTES = 400

function describeCodec({ subject, bytes, length }: CodecCase): string {
  return `${subject.codec.name}, ${length} values from ${hex(bytes)}`
}

function describeDelta({ subject, bytes, length }: DeltaCase): string {
  return `delta of ${subject.name}, ${length} values from ${hex(bytes)}`
}

function describeStage({ subject, bytes, length }: StageCase): string {
  return `${subject.stage.name}, ${length} bytes from ${hex(bytes)}`
}

function hex(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, SHOWN_BYTES)].map((byte) =>
    byte.toString(16).padStart(2, '0')
  )
  return `${bytes.length} bytes ${shown.join('')}${bytes.length > SHOWN_BYTES ? '…' : ''}`
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined || error instanceof Failure
    ? error.message
    : `${error.message} (${messageOf(error.cause)})`
}
