import { nativeAead, nativeHashing, nativeMlKem768, nativeX25519 } from '#native'
import { CryptoError } from './errors.ts'
import { portableAead } from './portable/aead.ts'
import { portableHashing } from './portable/hashing.ts'
import { portableMlKem768 } from './portable/ml-kem-768.ts'
import { portableX25519 } from './portable/x25519.ts'
import type { Hashing, Implementation, Primitives } from './primitives.ts'
import { type RandomBytes, systemRandomBytes } from './random-bytes.ts'
import {
  answersOfAead,
  answersOfHashing,
  answersOfNativeMlKem768,
  answersOfPortableMlKem768,
  answersOfX25519
} from './self-test.ts'

/** Options of {@link createPrimitives}. */
export interface PrimitivesOptions {
  /** Default: `native` for each primitive that the platform has and that passes its test, else `portable` */
  readonly implementation?: Implementation | undefined
  /**
   * Where secrets come from. With one of its own everything is reproducible, for
   * tests: then ML-KEM is portable, as OpenSSL takes no randomness from outside.
   * Default: the operating system
   */
  readonly random?: RandomBytes | undefined
}

type Tested = Omit<Primitives, keyof Hashing> & { readonly hashing: Hashing }

/** What passed its test in this process. */
let nativeSet: Partial<Tested> | undefined
let portableSet: Tested | undefined

/**
 * The primitives of handshakes. The first call of a process tests them with known
 * answers, which takes some milliseconds. What is native and computes wrong is
 * replaced by its portable counterpart.
 *
 * @throws CryptoError `SELF_TEST_FAILED` when a portable one computes wrong: then
 *   nothing would be safe; `UNAVAILABLE` when `native` ones are asked for and the
 *   platform lacks one
 */
export function createPrimitives({ implementation, random }: PrimitivesOptions = {}): Primitives {
  portableSet ??= testedPortable()
  nativeSet ??= testedNative()
  const native = implementation === 'portable' ? {} : nativeSet
  if (implementation === 'native') checkComplete(native)
  const { hashing, ...chosen } = { ...portableSet, ...native }
  const primitives = { ...chosen, ...hashing }
  if (random === undefined) return primitives
  const makeX25519 = native.x25519 === undefined ? portableX25519 : nativeX25519
  return {
    ...primitives,
    x25519: makeX25519(random) ?? portableX25519(random),
    mlKem768: portableMlKem768(random)
  }
}

function testedPortable(): Tested {
  const hashing = portableHashing()
  demand('SHA-256 and HKDF', answersOfHashing(hashing))
  const chaCha20Poly1305 = portableAead()
  demand('ChaCha20-Poly1305', answersOfAead(chaCha20Poly1305))
  const x25519 = portableX25519(systemRandomBytes)
  demand('X25519', answersOfX25519(x25519))
  demand('ML-KEM-768', answersOfPortableMlKem768(hashing))
  return { hashing, chaCha20Poly1305, x25519, mlKem768: portableMlKem768(systemRandomBytes) }
}

function demand(algorithm: string, works: boolean): void {
  if (works) return
  throw new CryptoError(
    'SELF_TEST_FAILED',
    `${algorithm} gives wrong answers in this runtime; do not use it for anything secret`,
    { algorithm, implementation: 'portable' }
  )
}

function testedNative(): Partial<Tested> {
  const hashing = working(nativeHashing(), answersOfHashing)
  const chaCha20Poly1305 = working(nativeAead(), answersOfAead)
  const x25519 = working(nativeX25519(), answersOfX25519)
  const mlKem768 = working(nativeMlKem768(), answersOfNativeMlKem768)
  return {
    ...(hashing && { hashing }),
    ...(chaCha20Poly1305 && { chaCha20Poly1305 }),
    ...(x25519 && { x25519 }),
    ...(mlKem768 && { mlKem768 })
  }
}

function working<T>(primitive: T | undefined, answers: (primitive: T) => boolean): T | undefined {
  try {
    return primitive !== undefined && answers(primitive) ? primitive : undefined
  } catch {
    // OpenSSL may be built without an algorithm whose functions are there
    return undefined
  }
}

function checkComplete(native: Partial<Tested>): asserts native is Tested {
  if (Object.keys(native).length === Object.keys(portableSet ?? {}).length) return
  throw new CryptoError(
    'UNAVAILABLE',
    'this platform does not have all primitives natively; use Node.js 24.7 or later, or leave out `implementation`',
    { implementation: 'native' }
  )
}
