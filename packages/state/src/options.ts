import type { Hasher, PeerId } from '@daa-compute/interface'
import {
  DEFAULT_BLOCK_LENGTH,
  MAX_BLOCK_LENGTH,
  MAX_LINEAGE_LENGTH,
  MAX_PARTICIPANTS,
  MAX_RUN_ID_LENGTH,
  MIN_BLOCK_LENGTH
} from './constants.ts'
import { StateError } from './errors.ts'
import { sha256Hasher } from '@daa-compute/crypto/sha-256'
import type { Statement } from './protocol/messages.ts'
import type { Revision, ServingLimits, SharedStateInit } from './shared-state.ts'

/** Options, checked and with nothing left out. */
export type CheckedInit = Omit<SharedStateInit, 'hasher' | 'serving' | 'blockLength'> & {
  readonly hasher: Hasher
  readonly serving: ServingLimits
  readonly blockLength: number
}

/** @throws {StateError} `BAD_OPTION` */
export function checkOptions(init: SharedStateInit): CheckedInit {
  const { run, hasher = sha256Hasher, serving = {}, blockLength = DEFAULT_BLOCK_LENGTH } = init
  const length = new TextEncoder().encode(run).byteLength
  if (length < 1 || length > MAX_RUN_ID_LENGTH) {
    throw badOption('run', run, `1 to ${MAX_RUN_ID_LENGTH} bytes long`)
  }
  if (
    !Number.isInteger(blockLength) ||
    blockLength < MIN_BLOCK_LENGTH ||
    blockLength > MAX_BLOCK_LENGTH
  ) {
    throw badOption('blockLength', blockLength, `${MIN_BLOCK_LENGTH} to ${MAX_BLOCK_LENGTH} bytes`)
  }
  const { uploadBitsPerSecond = 1, maxJoiners = 1, maxDeltaBytes = 0, leaseMs = 1 } = serving
  if (!(uploadBitsPerSecond > 0)) {
    throw badOption('serving.uploadBitsPerSecond', uploadBitsPerSecond, 'more than 0')
  }
  if (!Number.isInteger(maxJoiners) || maxJoiners < 0) {
    throw badOption('serving.maxJoiners', maxJoiners, 'a whole number of at least 0')
  }
  if (!(maxDeltaBytes >= 0)) {
    throw badOption('serving.maxDeltaBytes', maxDeltaBytes, 'at least 0')
  }
  if (!(leaseMs > 0 && leaseMs < Infinity)) {
    throw badOption('serving.leaseMs', leaseMs, 'more than 0 and finite')
  }
  const { maxBytes = 0 } = init
  if (!(maxBytes >= 0)) throw badOption('maxBytes', maxBytes, 'at least 0')
  return { ...init, hasher, serving, blockLength }
}

/** @throws {StateError} `BAD_OPTION` for what could not be told others */
export function statementOf(revision: Revision, participants: readonly PeerId[]): Statement {
  const { lineage, sequence } = revision
  if (new TextEncoder().encode(lineage).byteLength > MAX_LINEAGE_LENGTH) {
    throw badOption('revision.lineage', lineage, `at most ${MAX_LINEAGE_LENGTH} bytes long`)
  }
  if (!Number.isSafeInteger(sequence) || sequence < 0) {
    throw badOption('revision.sequence', sequence, 'a whole number of at least 0')
  }
  const { length } = participants
  if (length === 0 || length > MAX_PARTICIPANTS) {
    throw badOption('participants', participants, `1 to ${MAX_PARTICIPANTS} peers`)
  }
  if (new Set(participants).size < length) {
    throw badOption('participants', participants, 'peers that are named once each')
  }
  return { revision: { lineage, sequence }, participants: [...participants] }
}

function badOption(option: string, value: unknown, allowed: string): StateError {
  return new StateError('BAD_OPTION', `${option} must be ${allowed}, got ${String(value)}`, {
    option,
    value
  })
}
