/**
 * Smallest memory worth giving back by hand, in bytes: below it a detached
 * buffer costs more than the collector's work, and pools begin.
 */
const WORTHWHILE = 4096

/**
 * Gives memory back to the system at once, if the bytes are all there is of it.
 *
 * V8 collects typed arrays when it needs room for objects, of which a stream of
 * large records makes few: some 60 MiB of dead buffers pile up before it looks.
 * Detaching one frees it now. Whoever still held a view of it would find it
 * empty, so this is only for memory whose last reader is done.
 */
export function giveBack(bytes: Uint8Array): void {
  if (isWorthwhile(bytes)) detach(bytes.buffer)
}

/** Whether {@link giveBack} would do something. */
export function isWorthwhile({ buffer, byteLength }: Uint8Array): boolean {
  return byteLength >= WORTHWHILE && byteLength === buffer.byteLength
}

/** Gives back a buffer as a whole. */
export function detach(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= WORTHWHILE) buffer.transfer(0)
}
