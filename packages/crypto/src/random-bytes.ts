/** Gives so many unpredictable bytes, in memory that the caller owns. */
export type RandomBytes = (length: number) => Uint8Array<ArrayBuffer>

/** From the operating system: what secrets are made of. At most 65,536 bytes at a time. */
export const systemRandomBytes: RandomBytes = (length) =>
  globalThis.crypto.getRandomValues(new Uint8Array(length))
