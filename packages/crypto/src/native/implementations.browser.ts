import type { RecordCiphers } from '../aead/record-cipher.ts'
import type { Aead, Hashing, KeyAgreement } from '../primitives.ts'
import type { RandomBytes } from '../random-bytes.ts'
import type { MlDsa65 } from '../signature/ml-dsa-65.ts'
import type { NativeKem } from './ml-kem-768.ts'

/** Browsers have none of it, or only behind promises: nothing of Node.js comes into their builds. */
export const nativeAead = (): Aead | undefined => undefined
export const nativeHashing = (): Hashing | undefined => undefined
export const nativeMlDsa65 = (): MlDsa65 | undefined => undefined
export const nativeMlKem768 = (): NativeKem | undefined => undefined
export const nativeRecordCiphers = (): RecordCiphers | undefined => undefined
export const nativeX25519 = (_random?: RandomBytes): KeyAgreement | undefined => undefined
