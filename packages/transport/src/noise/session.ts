/** What a finished handshake leaves for the records that follow it. */
export interface NoiseSession {
  /**
   * ChaCha20-Poly1305 key of what is sent, 32 bytes; its nonces start at 0 (Noise
   * specification, section 5.2, Split).
   */
  readonly sendKey: Uint8Array
  /** Key of what is received, likewise. */
  readonly receiveKey: Uint8Array
  /** Hash of the whole handshake, 32 bytes, the same at both ends and of no other connection. */
  readonly handshakeHash: Uint8Array
}
