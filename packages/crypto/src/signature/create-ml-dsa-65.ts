import { nativeMlDsa65 } from '#native'
import { CryptoError } from '../errors.ts'
import type { Implementation } from '../primitives.ts'
import type { MlDsa65 } from './ml-dsa-65.ts'
import { portableMlDsa65 } from './portable-ml-dsa-65.ts'
import { answersOfNativeMlDsa65, answersOfPortableMlDsa65 } from './self-test.ts'

/** Options of {@link createMlDsa65}. */
export interface MlDsa65Options {
  /** Default: `native` where the platform has it and it passes its test, else `portable` */
  readonly implementation?: Implementation | undefined
}

/** What passed its test in this process. */
let portable: MlDsa65 | undefined
let native: MlDsa65 | undefined
let isTested = false

/**
 * ML-DSA-65. The first call of a process tests it with known answers, which takes
 * some tens of milliseconds.
 *
 * @throws CryptoError `SELF_TEST_FAILED` when the portable one computes wrong;
 * `UNAVAILABLE` when `native` is asked for and not there
 */
export function createMlDsa65({ implementation }: MlDsa65Options = {}): MlDsa65 {
  test()
  const chosen = implementation === 'portable' ? portable : (native ?? portable)
  if (chosen !== undefined && (implementation !== 'native' || chosen === native)) return chosen
  throw new CryptoError(
    'UNAVAILABLE',
    'this platform has no ML-DSA-65 with contexts; use Node.js 24.8 or later, or leave out `implementation`',
    { implementation: 'native' }
  )
}

function test(): void {
  if (isTested) return
  if (!answersOfPortableMlDsa65()) {
    throw new CryptoError(
      'SELF_TEST_FAILED',
      'ML-DSA-65 gives wrong answers in this runtime; do not use it for anything that counts',
      { algorithm: 'ML-DSA-65', implementation: 'portable' }
    )
  }
  portable = portableMlDsa65()
  const candidate = nativeMlDsa65()
  try {
    if (candidate !== undefined && answersOfNativeMlDsa65(candidate)) native = candidate
  } catch {
    // OpenSSL may be older than the algorithm
  }
  isTested = true
}
