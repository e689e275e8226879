import {
  ENCAPSULATION_SEED_LENGTH,
  ML_KEM_768_CIPHERTEXT_LENGTH,
  ML_KEM_768_PUBLIC_KEY_LENGTH,
  ML_KEM_SEED_LENGTH
} from '../constants.ts'
import { badPublicKey, checkLength } from '../errors.ts'
import type { Kem } from '../primitives.ts'
import type { RandomBytes } from '../random-bytes.ts'
import { createMlKemEngine, type MlKemEngine } from './ml-kem-engine.ts'

let made: { readonly engine: MlKemEngine | undefined } | undefined

/**
 * ML-KEM-768 in WebAssembly, compiled once for all of a process by the first call;
 * `undefined` where the platform has no WebAssembly, or forbids it.
 */
export function wasmMlKem768(random: RandomBytes): Kem | undefined {
  made ??= { engine: createMlKemEngine() }
  return made.engine === undefined ? undefined : createMlKem768(made.engine, random)
}

/**
 * ML-KEM-768 by an engine, whose memory is wiped when a call returns or throws. A
 * decapsulation key lies in memory of its own in between.
 *
 * @param engine used by one call at a time
 * @param random gives memory that is wiped, too
 */
export function createMlKem768(engine: MlKemEngine, random: RandomBytes): Kem {
  const { exports } = engine
  const wiped = <T>(work: () => T, seed?: Uint8Array): T => {
    try {
      return work()
    } finally {
      exports.wipe()
      seed?.fill(0)
    }
  }
  return {
    implementation: 'wasm',
    createKeyPair() {
      const seed = random(ML_KEM_SEED_LENGTH)
      const { publicKey, secretKey } = wiped(() => {
        engine.seed.set(seed)
        exports.createKeyPair()
        return {
          publicKey: engine.encapsulationKey.slice(),
          secretKey: engine.decapsulationKey.slice()
        }
      }, seed)
      return {
        publicKey,
        decapsulate(ciphertext) {
          checkLength('a ciphertext of ML-KEM-768', ciphertext, ML_KEM_768_CIPHERTEXT_LENGTH)
          return wiped(() => {
            engine.decapsulationKey.set(secretKey)
            engine.ciphertext.set(ciphertext)
            exports.decapsulate()
            return engine.secret.slice()
          })
        }
      }
    },
    encapsulate(publicKey) {
      checkLength('a public key of ML-KEM-768', publicKey, ML_KEM_768_PUBLIC_KEY_LENGTH)
      const seed = random(ENCAPSULATION_SEED_LENGTH)
      return wiped(() => {
        engine.encapsulationKey.set(publicKey)
        engine.encapsulationSeed.set(seed)
        if (exports.encapsulate() === 0) throw badPublicKey('ML-KEM-768')
        return { ciphertext: engine.ciphertext.slice(), sharedSecret: engine.secret.slice() }
      }, seed)
    }
  }
}
