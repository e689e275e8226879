import { fromHex, toHex } from '../hex.ts'
import { portableHashing } from '../portable/hashing.ts'
import type { MlDsa65 } from './ml-dsa-65.ts'
import { portableMlDsa65 } from './portable-ml-dsa-65.ts'

/**
 * The seed of the examples of RFC 9881, and SHA-256 of its public key there. The
 * signature is made without randomness; OpenSSL 3.5 and noble agree that it is good.
 */
const SEED = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'
const PUBLIC_KEY_HASH = 'd666806e11cee19a7c989f7445f90dd419cf4d2d51db8c0fdb4c0f0a542238c9'
const SIGNATURE_HASH = '56feb6b20c08cc385ab835f2f2cbfc264867a77afb8bc572093d3aac9fdfbdf3'
const MESSAGE = new TextEncoder().encode('abc')
const CONTEXT = new TextEncoder().encode('self-test')

export function answersOfPortableMlDsa65(): boolean {
  const { sha256 } = portableHashing()
  const scheme = portableMlDsa65(false)
  const pair = scheme.importKeyPair(fromHex(SEED))
  const signature = pair.sign(MESSAGE, CONTEXT)
  return (
    toHex(sha256(pair.publicKey)) === PUBLIC_KEY_HASH &&
    toHex(sha256(signature)) === SIGNATURE_HASH &&
    tellsGoodFromBad(scheme, pair.publicKey, signature)
  )
}

/** Presumes that the portable one gives the right answers. */
export function answersOfNativeMlDsa65(native: MlDsa65): boolean {
  const portable = portableMlDsa65(false)
  const pair = portable.importKeyPair(fromHex(SEED))
  const imported = native.importKeyPair(fromHex(SEED))
  return (
    toHex(imported.publicKey) === toHex(pair.publicKey) &&
    tellsGoodFromBad(native, pair.publicKey, pair.sign(MESSAGE, CONTEXT)) &&
    tellsGoodFromBad(portable, pair.publicKey, imported.sign(MESSAGE, CONTEXT))
  )
}

function tellsGoodFromBad(scheme: MlDsa65, publicKey: Uint8Array, signature: Uint8Array): boolean {
  const altered = signature.slice()
  altered[0] = (altered[0] ?? 0) ^ 1
  return (
    scheme.verify(publicKey, MESSAGE, CONTEXT, signature) &&
    !scheme.verify(publicKey, MESSAGE, CONTEXT, altered) &&
    !scheme.verify(publicKey, CONTEXT, CONTEXT, signature) &&
    !scheme.verify(publicKey, MESSAGE, new Uint8Array(), signature)
  )
}
