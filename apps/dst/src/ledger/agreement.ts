import type { AllReduceResult } from '@daa-compute/allreduce'
import { Violation } from '../violation.ts'
import { differentBits } from './bits.ts'
import type { Call, RoundRecord } from './records.ts'

/** Whoever resolves a round has what the first one to resolve it had. */
export function checkAgreement(first: RoundRecord, call: Call, result: AllReduceResult): void {
  const [other] = first.calls
  const who = `${call.voice.peer} and ${other?.voice.peer}, round ${result.sequence},`
  if (first.attempt !== result.attempt) {
    throw new Violation(
      'agreement',
      `${who} in attempts ${result.attempt} and ${first.attempt}: ${result.participants.join(' ')} / ${first.participants.join(' ')}`
    )
  }
  if (first.participants.join(' ') !== result.participants.join(' ')) {
    throw new Violation(
      'agreement',
      `${who} with ${result.participants.join(' ')} and with ${first.participants.join(' ')}`
    )
  }
  // who was handed the result has none
  const outliers = result.outliers && JSON.stringify(result.outliers)
  if (outliers !== undefined && outliers !== (first.outliers ??= outliers)) {
    throw new Violation('agreement', `${who} say ${outliers} and ${first.outliers} of outliers`)
  }
  const index = differentBits(first.values, call.values)
  if (index !== -1) {
    throw new Violation(
      'agreement',
      `${who} have ${call.values[index]} and ${first.values[index]} at index ${index}`
    )
  }
}
