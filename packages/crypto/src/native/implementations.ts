/** What OpenSSL has, in Node.js: each is `undefined` where a version lacks it. */
export { nativeRecordCiphers } from '../aead/native-records.ts'
export { nativeMlDsa65 } from '../signature/native-ml-dsa-65.ts'
export { nativeAead } from './aead.ts'
export { nativeHashing } from './hashing.ts'
export { nativeMlKem768 } from './ml-kem-768.ts'
export { nativeX25519 } from './x25519.ts'
