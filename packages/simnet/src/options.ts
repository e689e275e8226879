import type { PeerId } from '@daa-compute/interface'
import {
  DEFAULT_LATENCY_MS,
  DEFAULT_MAX_EVENTS,
  DEFAULT_MAX_FRAME_LENGTH,
  DEFAULT_MAX_VIRTUAL_MS,
  DEFAULT_OPEN_TIMEOUT_MS,
  DEFAULT_STALL_TIMEOUT_MS,
  DEFAULT_WINDOW_LENGTH
} from './constants.ts'
import { checkAtLeast, checkCount, checkFinite } from './errors.ts'
import { latencyRange, type Latency, type LinkOptions, type LinkQuality } from './link.ts'
import type { TraceSink } from './trace.ts'

/** Options of {@link createSimnet}. */
export interface SimnetInit {
  /** What everything random is derived from. The same seed and program give the same run. */
  readonly seed: number | string
  /** Delay of one way, in ms. Default: drawn from 10 to 30 for each message. */
  readonly latencyMs?: Latency | undefined
  /** Added to the delay, drawn from 0 to this for each message, in ms. Default: 0. */
  readonly jitterMs?: number | undefined
  /** Bits per second from one peer to another, shared by their channels. Default: `Infinity`. */
  readonly bandwidth?: number | undefined
  /**
   * Makes the way from one peer to another differ. Asked once per pair and direction, when it is
   * first used; what it leaves out is as above.
   */
  readonly link?: ((from: PeerId, to: PeerId) => LinkOptions | undefined) | undefined
  /** Longest frame of a channel, in bytes. Default: 1 MiB and 1 KiB. */
  readonly maxFrameLength?: number | undefined
  /**
   * Bytes that a channel takes per direction before sends wait for the receiver. Default: 1 MiB.
   * One frame more than this is the most that is ever buffered.
   */
  readonly windowLength?: number | undefined
  /**
   * Time after which channels fail with `RESET` at both ends when one way between the two peers
   * has been blocked all along, in ms. Default: 20 s. `Infinity`: they wait for ever.
   */
  readonly stallTimeoutMs?: number | undefined
  /**
   * Time after which `open` fails with `UNREACHABLE` when a way is blocked or the other peer is
   * frozen or slow, in ms. Default: 10 s.
   */
  readonly openTimeoutMs?: number | undefined
  /** Virtual time that one `run` may take, in ms. Default: one day. */
  readonly maxVirtualMs?: number | undefined
  /** Events that one `run` may take. Default: 10 million. */
  readonly maxEvents?: number | undefined
  /** Gets told everything that happens; see `createTrace`. */
  readonly trace?: TraceSink | undefined
}

/** The options of a simulation, checked and with nothing left out. */
export interface Options {
  readonly seed: string
  /** Of the ways of which `link` says nothing. */
  readonly quality: LinkQuality
  readonly link: (from: PeerId, to: PeerId) => LinkOptions | undefined
  readonly maxFrameLength: number
  readonly windowLength: number
  readonly stallTimeoutMs: number
  readonly openTimeoutMs: number
  readonly maxVirtualMs: number
  readonly maxEvents: number
  readonly trace: TraceSink | undefined
}

/** @throws {SimnetError} `BAD_OPTION` */
export function checkOptions(init: SimnetInit): Options {
  const {
    latencyMs = DEFAULT_LATENCY_MS,
    jitterMs = 0,
    bandwidth = Infinity,
    maxFrameLength = DEFAULT_MAX_FRAME_LENGTH,
    windowLength = DEFAULT_WINDOW_LENGTH,
    stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS,
    openTimeoutMs = DEFAULT_OPEN_TIMEOUT_MS,
    maxVirtualMs = DEFAULT_MAX_VIRTUAL_MS,
    maxEvents = DEFAULT_MAX_EVENTS
  } = init
  return {
    seed: String(init.seed),
    quality: {
      latencyMs: latencyRange(latencyMs),
      jitterMs: checkFinite('jitterMs', jitterMs, 0),
      bandwidth: checkAtLeast('bandwidth', bandwidth, Number.MIN_VALUE)
    },
    link: init.link ?? (() => undefined),
    maxFrameLength: checkCount('maxFrameLength', maxFrameLength, 0),
    windowLength: checkCount('windowLength', windowLength, 1),
    stallTimeoutMs: checkAtLeast('stallTimeoutMs', stallTimeoutMs, 0),
    openTimeoutMs: checkAtLeast('openTimeoutMs', openTimeoutMs, 0),
    maxVirtualMs: checkAtLeast('maxVirtualMs', maxVirtualMs, 0),
    maxEvents: checkAtLeast('maxEvents', maxEvents, 0),
    trace: init.trace
  }
}
