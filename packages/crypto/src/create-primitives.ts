import { nativeAead, nativeHashing, nativeMlKem768, nativeX25519 } from '#native'
import { CryptoError } from './errors.ts'
import { portableAead } from './portable/aead.ts'
import { portableHashing } from './portable/hashing.ts'
import { portableMlKem768 } from './portable/ml-kem-768.ts'
import { portableX25519 } from './portable/x25519.ts'
import type { CipherImplementation, Hashing, Primitives } from './primitives.ts'
import { type RandomBytes, systemRandomBytes } from './random-bytes.ts'
import {
  answersOfAead,
  answersOfHashing,
  answersOfMlKem768,
  answersOfNativeMlKem768,
  answersOfX25519
} from './self-test.ts'
import { wasmAead } from './wasm/aead.ts'
import { wasmMlKem768 } from './wasm/ml-kem-768.ts'

/** Options of {@link createPrimitives}. */
export interface PrimitivesOptions {
  /**
   * Who computes: with `wasm` that is WebAssembly for ChaCha20-Poly1305 and ML-KEM, and
   * JavaScript for the rest, as in browsers. Default: the first of `native`, `wasm` and
   * `portable` that the platform has and that passes its test, for each primitive
   */
  readonly implementation?: CipherImplementation | undefined
  /**
   * Where secrets come from. With one of its own everything is reproducible, for
   * tests: then ML-KEM is never native, as OpenSSL takes no randomness from outside.
   * Default: the operating system
   */
  readonly random?: RandomBytes | undefined
}

/**
 * The primitives of handshakes. The first call of a process tests each that it
 * gives out with known answers: some milliseconds for native ones, some tens for
 * portable ones, which are slow at first. One that computes wrong is replaced by the
 * next: WebAssembly where there is some, else JavaScript.
 *
 * @throws CryptoError `SELF_TEST_FAILED` when a portable one computes wrong: then
 *   nothing would be safe; `UNAVAILABLE` when `native` or `wasm` ones are asked for and
 *   the platform lacks one
 */
export function createPrimitives({ implementation, random }: PrimitivesOptions = {}): Primitives {
  const choose = <T>(makers: Makers<T>): T => chosen(makers, implementation)
  const x25519 = choose({ native: tested.nativeX25519, portable: tested.portableX25519 })
  const mlKem768 = choose({
    native: random === undefined ? tested.nativeMlKem768 : undefined,
    wasm: tested.wasmMlKem768,
    portable: tested.portableMlKem768
  })
  const primitives: Primitives = {
    ...choose({ native: tested.nativeHashing, portable: tested.portableHashing }),
    chaCha20Poly1305: choose({
      native: tested.nativeAead,
      wasm: tested.wasmAead,
      portable: tested.portableAead
    }),
    x25519,
    mlKem768
  }
  if (random === undefined) return primitives
  const native = x25519.implementation === 'native' ? nativeX25519(random) : undefined
  const wasm = mlKem768.implementation === 'wasm' ? wasmMlKem768(random) : undefined
  return {
    ...primitives,
    x25519: native ?? portableX25519(random),
    mlKem768: wasm ?? portableMlKem768(random)
  }
}

/** What makes a primitive; what is native or WebAssembly may be missing, or not be there at all. */
interface Makers<T> {
  readonly native?: (() => T | undefined) | undefined
  readonly wasm?: () => T | undefined
  readonly portable: () => T
}

function chosen<T>(makers: Makers<T>, wanted: CipherImplementation | undefined): T {
  const { native, wasm, portable } = makers
  if (wanted === undefined) return native?.() ?? wasm?.() ?? portable()
  if (wanted === 'portable') return portable()
  const make = makers[wanted]
  // where no platform has one of the kind, the next best is meant
  if (make === undefined) return wasm?.() ?? portable()
  const made = make()
  if (made === undefined) throw unavailable(wanted)
  return made
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
  wasmMlKem768: once(() =>
    working(wasmMlKem768(systemRandomBytes), () => answersOfMlKem768(wasmMlKem768, anyHashing()))
  ),
  portableHashing: once(() => demand(portableHashing(), 'SHA-256 and HKDF', answersOfHashing)),
  portableAead: once(() => demand(portableAead(), 'ChaCha20-Poly1305', answersOfAead)),
  portableX25519: once(() => demand(portableX25519(systemRandomBytes), 'X25519', answersOfX25519)),
  portableMlKem768: once(() =>
    demand(portableMlKem768(systemRandomBytes), 'ML-KEM-768', () =>
      answersOfMlKem768(portableMlKem768, anyHashing())
    )
  )
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

function unavailable(implementation: 'native' | 'wasm'): CryptoError<'UNAVAILABLE'> {
  const remedy = {
    native: 'does not have all primitives natively; use Node.js 24.7 or later',
    wasm: 'has no WebAssembly with SIMD, or forbids it; allow it in its content security policy'
  }[implementation]
  return new CryptoError(
    'UNAVAILABLE',
    `this platform ${remedy}, or leave out \`implementation\``,
    { implementation }
  )
}
