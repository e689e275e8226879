/** Bytes of one send: an eighth of what an all-reduce sends at a time, and what streams are usually fed. */
export const SEND_LENGTH: number = 64 * 1024

/** One way for two processes to move bytes, both ways, that a benchmark can drive. */
export interface Lane {
  /** What the other process needs for {@link Lane.dial}; empty unless it listens. */
  readonly address: string
  dial(address: string): Promise<void>
  /** Resolves when the connection has taken all bytes, sent {@link SEND_LENGTH} at a time. */
  send(bytes: number): Promise<void>
  /** From now on no more than so many bytes a second are read; `0` for no limit. */
  readAtMost(bytesPerSecond: number): void
}

/** Makes a lane that calls back with the length of whatever arrives. */
export type LaneFactory = (listens: boolean, onReceived: (bytes: number) => void) => Promise<Lane>

/** 4 MiB of bytes, so that they come from memory and not from the innermost cache. */
const payload = new Uint8Array(64 * SEND_LENGTH).map((_, i) => i * 31)

/** What is sent, piece by piece. */
export function* pieces(bytes: number): Generator<Uint8Array> {
  for (let sent = 0; sent < bytes; sent += SEND_LENGTH) {
    const at = sent % payload.byteLength
    yield payload.subarray(at, at + Math.min(SEND_LENGTH, bytes - sent))
  }
}

/** How long a reader of so many bytes a second has to wait before it reads on, in ms. */
export function createPace(): {
  limit(bytesPerSecond: number): void
  /** @returns ms, rarely above 0, so that timers cost nothing */
  after(bytes: number): number
} {
  let rate = 0
  let owed = 0
  return {
    limit(bytesPerSecond) {
      rate = bytesPerSecond
      owed = 0
    },
    after(bytes) {
      if (rate === 0) return 0
      owed += bytes
      const ms = (owed * 1000) / rate
      if (ms < 20) return 0
      owed = 0
      return ms
    }
  }
}
