import { createHash } from 'node:crypto'
import { ADAM, LEARNING_RATE, ROBUST_LEARNING_RATE, SPARSE_LEARNING_RATE } from './constants.ts'
import { TENSORS } from './parameters.ts'
import type { PeerTask } from './task.ts'

/** Hexadecimal digits of a fingerprint; nobody has a reason to forge one. */
const FINGERPRINT_LENGTH = 12

/**
 * The run that a peer joins: its name and a fingerprint of all that has to be
 * equal for the models to stay equal. The peers of a run start from the same
 * parameters, then, and take the same steps; those with other settings do not
 * find each other instead of spoiling each other's models.
 */
export function runIdOf(task: PeerTask): string {
  const { seed, steps, batch, shard, deal, codec, algorithm, rule } = task
  const settings = {
    model: [TENSORS, LEARNING_RATE, SPARSE_LEARNING_RATE, ROBUST_LEARNING_RATE, ADAM],
    training: [seed, steps, batch, shard.count, deal ?? 'digits'],
    rounds: [codec, algorithm, rule ?? 'mean']
  }
  const digest = createHash('sha256').update(JSON.stringify(settings)).digest('hex')
  return `${task.run}/${digest.slice(0, FINGERPRINT_LENGTH)}`
}
