/** Lengths that are not those of what they stand before. */
export interface FalseLengths {
  readonly length?: number
  readonly nameLength?: number
}

/** RFC 8489, sections 5, 14.3 and 14.5. */
const BINDING_REQUEST = 0x0001
const MAGIC_COOKIE = 0x2112a442
const USERNAME = 0x0006
const MESSAGE_INTEGRITY = 0x0008
const HEADER_LENGTH = 20
const INTEGRITY_LENGTH = 4 + 20

let transactions = 0

/** A packet like the first of somebody who dials WebRTC-direct; nothing of it is proved. */
export function bindingRequest(ufrag: string, lies: FalseLengths = {}): Uint8Array {
  // both ends go by the name that the dialler has chosen
  const name = Buffer.from(`${ufrag}:${ufrag}`)
  const padded = Math.ceil(name.byteLength / 4) * 4
  const length = 4 + padded + INTEGRITY_LENGTH
  const bytes = Buffer.alloc(HEADER_LENGTH + length)
  bytes.writeUInt16BE(BINDING_REQUEST, 0)
  bytes.writeUInt16BE(lies.length ?? length, 2)
  bytes.writeUInt32BE(MAGIC_COOKIE, 4)
  bytes.writeUInt32BE(++transactions, 16)
  bytes.writeUInt16BE(USERNAME, HEADER_LENGTH)
  bytes.writeUInt16BE(lies.nameLength ?? name.byteLength, HEADER_LENGTH + 2)
  name.copy(bytes, HEADER_LENGTH + 4)
  // of nothing
  bytes.writeUInt16BE(MESSAGE_INTEGRITY, HEADER_LENGTH + 4 + padded)
  bytes.writeUInt16BE(INTEGRITY_LENGTH - 4, HEADER_LENGTH + 6 + padded)
  return bytes
}
