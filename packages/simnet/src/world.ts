import type { PeerId, Random } from '@daa-compute/interface'
import type { Host } from './host.ts'
import { createLink } from './link.ts'
import type { Options } from './options.ts'
import { createPaths, Path, type Paths } from './path.ts'
import { createRandom } from './random.ts'
import { createReachability, type Reachability } from './reachability.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'
import { Tampering } from './tamper.ts'
import { Taps } from './tap.ts'
import { collectHindrances, collectWaits } from './waits.ts'

/** What all parts of one simulation share. */
export interface World {
  readonly options: Options
  readonly scheduler: Scheduler
  readonly paths: Paths
  readonly reachability: Reachability
  readonly recorder: Recorder
  readonly taps: Taps
  readonly tampering: Tampering
  /** The living peers, in the order in which they were added. */
  readonly hosts: Map<PeerId, Host>
  /** Channels opened so far. */
  channels: number
  /** Makes the stream of one purpose: what is drawn from it changes no other. */
  stream(purpose: string): Random
}

export function createWorld(options: Options): World {
  const { seed, quality, link, trace } = options
  const hosts = new Map<PeerId, Host>()
  const scheduler = createScheduler(options, () => ({
    waits: collectWaits(hosts.values()),
    faults: [...collectHindrances(hosts.values()), ...reachability.describe()]
  }))
  const recorder = createRecorder(scheduler.now, trace)
  const paths = createPaths((from, to) => {
    const own = link(from, to)
    const { latencyMs, jitterMs, bandwidth } = quality
    const line = createLink(
      {
        latencyMs: own?.latencyMs ?? latencyMs,
        jitterMs: own?.jitterMs ?? jitterMs,
        bandwidth: own?.bandwidth ?? bandwidth
      },
      () => stream(`link ${from} ${to}`)
    )
    const path = new Path(from, to, line, scheduler)
    reachability.admit(path)
    return path
  })
  const reachability = createReachability({ options, scheduler, recorder, paths, hosts })

  function stream(purpose: string): Random {
    // no part holds a space: ids are printable text without one, and the seed comes last
    return createRandom(`${purpose} ${seed}`)
  }

  return {
    options,
    scheduler,
    paths,
    reachability,
    recorder,
    taps: new Taps(scheduler.now),
    tampering: new Tampering(),
    hosts,
    channels: 0,
    stream
  }
}
