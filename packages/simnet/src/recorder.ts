import type { PeerId } from '@daa-compute/interface'
import type { TraceSink, TraceType } from './trace.ts'

/** Takes note of everything that happens: in a hash always, in a trace if there is one. */
export interface Recorder {
  /** Something that happened to peers, links or topics. */
  note(type: TraceType, from?: PeerId, to?: PeerId, on?: string, length?: number): void
  /**
   * Something that happened on a channel. Of `bytes` only a few go into the hash: all of them would
   * cost more than sending the frame.
   */
  noteChannel(
    type: TraceType,
    channel: number,
    from: PeerId,
    to: PeerId,
    protocol: string,
    bytes?: Uint8Array,
    length?: number
  ): void
  /** The hash of all that has happened so far: 16 hexadecimal digits. */
  hash(): string
}

/**
 * The hash is two 32-bit lanes of multiply-and-rotate, as in the body of MurmurHash3, over the bits
 * of the time, the kind of event and what it is about. Not for secrets.
 */
export function createRecorder(now: () => number, trace: TraceSink | undefined): Recorder {
  let low = 0x9e3779b9 | 0
  let high = 0x243f6a88 | 0

  function mix(word: number): void {
    const mixed = Math.imul(low ^ word, 0xcc9e2d51)
    low = (mixed << 15) | (mixed >>> 17)
    high = Math.imul(high ^ mixed, 0x85ebca6b) + 0x6b64e654
    high ^= high >>> 13
  }
  function mixText(text: string): void {
    mix(text.length)
    for (let index = 0; index < text.length; index++) mix(text.charCodeAt(index))
  }
  function mixHead(type: TraceType, detail: number): void {
    MOMENT[0] = now()
    mix(MOMENT_WORDS[0]! ^ Math.imul(MOMENT_WORDS[1]!, 0x27d4eb2f))
    mix(CODES[type] + Math.imul(detail, 32))
  }

  return {
    note(type, from, to, on, length) {
      mixHead(type, length ?? 0)
      if (from !== undefined) mixText(from)
      if (to !== undefined) mixText(to)
      if (on !== undefined) mixText(on)
      if (trace === undefined) return
      trace({
        timeMs: now(),
        type,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...(on === undefined ? {} : { on }),
        ...(length === undefined ? {} : { length })
      })
    },
    noteChannel(type, channel, from, to, protocol, bytes, length) {
      mixHead(type, channel)
      if (type === 'open') {
        mixText(from)
        mixText(to)
        mixText(protocol)
      }
      // the two directions of a channel
      mix((length ?? 0) * 2 + (from < to ? 0 : 1))
      if (bytes !== undefined) {
        const stride = (bytes.length >>> 3) + 1
        for (let index = 0; index < bytes.length; index += stride) mix(bytes[index]!)
      }
      if (trace === undefined) return
      const entry = { timeMs: now(), type, from, to, on: protocol, channel }
      trace(length === undefined ? entry : { ...entry, length })
    },
    hash: () => hex(low) + hex(high)
  }
}

const MOMENT = new Float64Array(1)
const MOMENT_WORDS = new Uint32Array(MOMENT.buffer)

const CODES: Readonly<Record<TraceType, number>> = {
  peer: 1,
  crash: 2,
  open: 3,
  accept: 4,
  refuse: 5,
  send: 6,
  deliver: 7,
  close: 8,
  abort: 9,
  reset: 10,
  publish: 11,
  hear: 12,
  freeze: 13,
  thaw: 14,
  slow: 15,
  cut: 16,
  restore: 17,
  partition: 18,
  heal: 19,
  flap: 20,
  tamper: 21
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
