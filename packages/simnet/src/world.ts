import type { PeerId } from '@daa-compute/interface'
import type { Host } from './host.ts'
import type { Paths } from './path.ts'
import type { Recorder } from './recorder.ts'
import type { Scheduler } from './scheduler.ts'
import type { Tampering } from './tamper.ts'
import type { Taps } from './tap.ts'

/** What all parts of one simulation share. */
export interface World {
  readonly scheduler: Scheduler
  readonly paths: Paths
  readonly recorder: Recorder
  readonly taps: Taps
  readonly tampering: Tampering
  readonly maxFrameLength: number
  readonly windowLength: number
  readonly openTimeoutMs: number
  /** The living peers, in the order in which they were added. */
  readonly hosts: Map<PeerId, Host>
  /** The host behind each peer that users hold. */
  readonly hostOf: WeakMap<object, Host>
  /** Channels opened so far. */
  channels: number
}
