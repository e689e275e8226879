import type { ed25519Signing as inNode } from './ed25519.ts'

/** Stands in for `ed25519.ts` where there is no OpenSSL: signs as libp2p does. */
export const ed25519Signing: typeof inNode = (privateKey) => async (bytes) =>
  await privateKey.sign(bytes)
