import {
  ENCAPSULATION_SEED_LENGTH,
  ML_KEM_768_CIPHERTEXT_LENGTH,
  ML_KEM_768_PUBLIC_KEY_LENGTH,
  ML_KEM_SEED_LENGTH,
  SHARED_SECRET_LENGTH
} from '../constants.ts'
import { instantiate } from './instantiate.ts'
import { BINARY } from './ml-kem-binary.ts'

/** Bytes of memory: what is computed with and constants lie in the first page. */
const MEMORY_LENGTH = 65_536

/** Bytes of a decapsulation key: FIPS 203, table 3. */
export const DECAPSULATION_KEY_LENGTH = 2400

/** What assembly/ml-kem/index.ts exports; nothing is checked but where it says so. */
interface Exports {
  readonly SEED: WebAssembly.Global
  readonly SECRET: WebAssembly.Global
  readonly DECAPSULATION_KEY: WebAssembly.Global
  readonly ENCAPSULATION_KEY: WebAssembly.Global
  readonly CIPHERTEXT: WebAssembly.Global
  /** Of all 64 bytes of the seed, to both keys. */
  createKeyPair(): void
  /** Of the encapsulation key and half of the seed, to ciphertext and secret; 0 where that is no key. */
  encapsulate(): number
  /** Of the decapsulation key and the ciphertext, to the secret. */
  decapsulate(): void
  /** Forgets all of them, and what derives from them. */
  wipe(): void
}

/** ML-KEM-768 with its memory, which one call after the other uses. */
export interface MlKemEngine {
  readonly exports: Exports
  readonly bytes: Uint8Array<ArrayBuffer>
  /** d and z of a key pair, 64 bytes. */
  readonly seed: Uint8Array<ArrayBuffer>
  /** m of an encapsulation, 32 bytes, in the same place. */
  readonly encapsulationSeed: Uint8Array<ArrayBuffer>
  readonly secret: Uint8Array<ArrayBuffer>
  /** The encapsulation key is a part of it. */
  readonly decapsulationKey: Uint8Array<ArrayBuffer>
  readonly encapsulationKey: Uint8Array<ArrayBuffer>
  readonly ciphertext: Uint8Array<ArrayBuffer>
}

/** Compiles it; `undefined` where the platform has no WebAssembly, or forbids it. */
export function createMlKemEngine(): MlKemEngine | undefined {
  const made = instantiate<Exports>(BINARY, MEMORY_LENGTH)
  if (made === undefined) return undefined
  const { exports, bytes, part } = made
  return {
    exports,
    bytes,
    seed: part(exports.SEED, ML_KEM_SEED_LENGTH),
    encapsulationSeed: part(exports.SEED, ENCAPSULATION_SEED_LENGTH),
    secret: part(exports.SECRET, SHARED_SECRET_LENGTH),
    decapsulationKey: part(exports.DECAPSULATION_KEY, DECAPSULATION_KEY_LENGTH),
    encapsulationKey: part(exports.ENCAPSULATION_KEY, ML_KEM_768_PUBLIC_KEY_LENGTH),
    ciphertext: part(exports.CIPHERTEXT, ML_KEM_768_CIPHERTEXT_LENGTH)
  }
}
