/** An implementation of Zstandard. Any of them reads the frames of any other. */
export interface ZstdLibrary {
  readonly kind: 'native' | 'wasm'

  /**
   * Compresses into one frame that announces the size of its content. The bytes may
   * differ between versions of zstd, the content of course does not.
   *
   * @param limit of the frame's length in bytes
   */
  compress(bytes: Uint8Array, level: number, limit: number): Uint8Array

  /**
   * @param bytes one frame that announces `length` bytes of content, otherwise hostile
   * @throws an error of its own for a corrupt frame
   */
  decompress(bytes: Uint8Array, length: number): Uint8Array
}
