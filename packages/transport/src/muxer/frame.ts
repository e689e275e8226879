/** Bytes of a frame's header: yamux specification, "Framing". */
export const HEADER_LENGTH = 12

/** What a frame is: yamux specification, "Type Field". */
export const FrameType = { DATA: 0, WINDOW_UPDATE: 1, PING: 2, GO_AWAY: 3 } as const

/** yamux specification, "Flag Field". */
export const Flag = { SYN: 1, ACK: 2, FIN: 4, RST: 8 } as const

/** Why a session ends: yamux specification, "Go Away". */
export const GoAwayReason = { NORMAL: 0, PROTOCOL_ERROR: 1, INTERNAL_ERROR: 2 } as const

/** What a header says. */
export interface FrameHeader {
  readonly type: number
  readonly flags: number
  /** `0` for the session itself. */
  readonly stream: number
  /** Bytes of data that follow, bytes to add to a window, the number of a ping or a reason. */
  readonly length: number
}

/** A header in memory of its own: it may wait by reference to be sent. */
export function encodeHeader(
  type: number,
  flags: number,
  stream: number,
  length: number
): Uint8Array {
  const header = new Uint8Array(HEADER_LENGTH)
  header[1] = type
  header[2] = flags >>> 8
  header[3] = flags
  putWord(header, 4, stream)
  putWord(header, 8, length)
  return header
}

function putWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24
  bytes[at + 1] = word >>> 16
  bytes[at + 2] = word >>> 8
  bytes[at + 3] = word
}

/** The header that begins at `at`; its version is not looked at. */
export function decodeHeader(bytes: Uint8Array, at: number): FrameHeader {
  const byte = (i: number): number => bytes[at + i] ?? 0
  // unsigned, as a shift by 24 makes large numbers negative
  const word = (i: number): number =>
    ((byte(i) << 24) | (byte(i + 1) << 16) | (byte(i + 2) << 8) | byte(i + 3)) >>> 0
  return { type: byte(1), flags: (byte(2) << 8) | byte(3), stream: word(4), length: word(8) }
}
