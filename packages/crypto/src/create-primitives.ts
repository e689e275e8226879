import { nativeAead, nativeHashing, nativeMlKem768, nativeX25519 } from '#native'
import { CryptoError } from './errors.ts'
import { portableAead } from './portable/aead.ts'
import { portableHashing } from './portable/hashing.ts'
import { portableMlKem768 } from './portable/ml-kem-768.ts'
import { portableX25519 } from './portable/x25519.ts'
import type { Aead, Hashing, Implementation, Primitives } from './primitives.ts'
import { type RandomBytes, systemRandomBytes } from './random-bytes.ts'
import {
  answersOfAead,
  answersOfHashing,
  answersOfNativeMlKem768,
  answersOfPortableMlKem768,
  answersOfX25519
} from './self-test.ts'
import { wasmAead } from './wasm/aead.ts'

/** Options of {@link createPrimitives}. */
export interface PrimitivesOptions {
  /**
   * Default: `native` for each primitive that the platform has and that passes its
   * test, else `portable`; for ChaCha20-Poly1305 `wasm` comes between them
   */
  readonly implementation?: Implementation | undefined
  /**
   * Where secrets come from. With one of its own everything is reproducible, for
   * tests: then ML-KEM is portable, as OpenSSL takes no randomness from outside.
   * Default: the operating system
   */
  readonly random?: RandomBytes | undefined
}

/**
 * The primitives of handshakes. The first call of a process tests each that it
 * gives out with known answers: some milliseconds for native ones, some tens for
 * portable ones, which are slow at first. What is native and computes wrong is
 * replaced by its portable counterpart.
 *
 * @throws CryptoError `SELF_TEST_FAILED` when a portable one computes wrong: then
 *   nothing would be safe; `UNAVAILABLE` when `native` ones are asked for and the
 *   platform lacks one
 */
export function createPrimitives({ implementation, random }: PrimitivesOptions = {}): Primitives {
  const choose = <T>(native: () => T | undefined, portable: () => T): T => {
    const found = implementation === 'portable' ? undefined : native()
    if (found === undefined && implementation === 'native') throw unavailable()
    return found ?? portable()
  }
  const x25519 = choose(tested.nativeX25519, tested.portableX25519)
  const primitives: Primitives = {
    ...choose(tested.nativeHashing, tested.portableHashing),
    chaCha20Poly1305: choose(tested.nativeAead, () =>
      implementation === 'portable' ? tested.portableAead() : bestPortableAead()
    ),
    x25519,
    mlKem768:
      random === undefined
        ? choose(tested.nativeMlKem768, tested.portableMlKem768)
        : tested.portableMlKem768()
  }
  if (random === undefined) return primitives
  const native = x25519.implementation === 'native' ? nativeX25519(random) : undefined
  return {
    ...primitives,
    x25519: native ?? portableX25519(random),
    mlKem768: portableMlKem768(random)
  }
}

/** Each of them, tested when it is first asked for. */
const tested = {
  nativeHashing: once(() => working(nativeHashing(), answersOfHashing)),
  nativeAead: once(() => working(nativeAead(), answersOfAead)),
  wasmAead: once(() => working(wasmAead(), answersOfAead)),
  nativeX25519: once(() => working(nativeX25519(), answersOfX25519)),
  nativeMlKem768: once(() =>
    working(nativeMlKem768(), (kem) => answersOfNativeMlKem768(kem, anyHashing()))
  ),
  portableHashing: once(() => demand(portableHashing(), 'SHA-256 and HKDF', answersOfHashing)),
  portableAead: once(() => demand(portableAead(), 'ChaCha20-Poly1305', answersOfAead)),
  portableX25519: once(() => demand(portableX25519(systemRandomBytes), 'X25519', answersOfX25519)),
  portableMlKem768: once(() =>
    demand(portableMlKem768(systemRandomBytes), 'ML-KEM-768', () =>
      answersOfPortableMlKem768(anyHashing())
    )
  )
}

/** For platforms without one of their own. */
function bestPortableAead(): Aead {
  return tested.wasmAead() ?? tested.portableAead()
}

function anyHashing(): Hashing {
  return tested.nativeHashing() ?? tested.portableHashing()
}

/** What is native: the platform may lack it, or have it wrong. */
function working<T>(primitive: T | undefined, answers: (primitive: T) => boolean): T | undefined {
  try {
    return primitive !== undefined && answers(primitive) ? primitive : undefined
  } catch {
    // OpenSSL may be built without an algorithm whose functions are there
    return undefined
  }
}

/** What is portable: there is nothing to fall back to. */
function demand<T>(primitive: T, algorithm: string, answers: (primitive: T) => boolean): T {
  if (answers(primitive)) return primitive
  throw new CryptoError(
    'SELF_TEST_FAILED',
    `${algorithm} gives wrong answers in this runtime; do not use it for anything secret`,
    { algorithm, implementation: 'portable' }
  )
}

/** Remembers what a function has returned; one that throws is tried again. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function unavailable(): CryptoError<'UNAVAILABLE'> {
  return new CryptoError(
    'UNAVAILABLE',
    'this platform does not have all primitives natively; use Node.js 24.7 or later, or leave out `implementation`',
    { implementation: 'native' }
  )
}
