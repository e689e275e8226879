import { setTimeout as delay } from 'node:timers/promises'
import { CHAOS } from './constants.ts'
import type { CrewMember, MemberHooks } from './crew.ts'
import { createSequence, type Sequence } from './random.ts'
import type { Report } from './task.ts'

/** What is done to a peer. */
export type FaultKind = 'kill' | 'freeze' | 'join'

/** Something that was done to a peer, and what became of it. */
export interface Fault {
  readonly peer: number
  readonly kind: FaultKind
  /** The step that the others were at. */
  readonly step: number
  /** Step at which it went on with them. */
  readonly backAt: number
  /** Whether they had gone on without it, so that it had to take over their state. */
  readonly wasBehind: boolean
  /** From the fault until then. */
  readonly seconds: number
}

export interface ChaosInit {
  readonly peers: number
  readonly steps: number
  /** Which peers, how, when, and for how long comes from it. */
  readonly seed: number
  /** Starts a peer that knows some addresses; the first time, or again. */
  launch(peer: number, bootstrap: readonly string[], hooks: MemberHooks): CrewMember
  /** Told what happens, in words. */
  say(line: string): void
  /** Told at which step a peer goes, or is there and has the others' state. */
  onPresence?: ((peer: number, isHere: boolean, step: number) => void) | undefined
}

/** A peer's place in the swarm, whoever fills it. */
interface Berth {
  member: CrewMember
  /** Latest step its member has told of. */
  step: number
  isBehind: boolean
  isKilled: boolean
}

/**
 * Trains a swarm of which, one after another, peers are killed and started again,
 * or stopped for a while, until half of the steps are taken. Before all that, one
 * more peer joins, which learns from the digits of the first, and one is stopped for so
 * long that the others go on without it; as it is never killed, the process that took over
 * their state is the one that ends.
 *
 * @returns the reports by peer, of those who were there in the end
 */
export async function trainInChaos(
  init: ChaosInit
): Promise<{ swarm: Report[]; faults: readonly Fault[] }> {
  const stage = await createStage(init)
  const ending = new AbortController()
  try {
    const { joined } = stage
    const berths = [...stage.berths, joined]
    const swarm = Promise.all(berths.map(async (berth) => stage.reportOf(await berth)))
    const faults = wreak(init, stage, ending.signal)
    // faults that cannot go on any more are not what it failed for
    await Promise.race([swarm, Promise.all([swarm, faults])])
    return { swarm: await swarm, faults: stage.faults }
  } finally {
    ending.abort()
  }
}

interface Stage {
  readonly berths: readonly Berth[]
  readonly faults: Fault[]
  /** The furthest step of anybody. */
  front(): number
  /** Resolves once a condition holds that hangs on what members tell. */
  until(condition: () => boolean): Promise<void>
  /** The place of the one who joins. */
  readonly joined: Promise<Berth>
  /** Starts one more. */
  join(): Promise<Berth>
  /** Starts the peer of a berth again. */
  restart(peer: number): Promise<void>
  reportOf(berth: Berth): Promise<Report>
}

async function createStage({ peers, launch }: ChaosInit): Promise<Stage> {
  let changed = Promise.withResolvers<void>()
  const berths: Berth[] = []
  const change = (peer: number, what: Partial<Berth>): void => {
    Object.assign(berths[peer] ?? {}, what)
    changed.resolve()
    changed = Promise.withResolvers()
  }
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await changed.promise
  }
  const start = (peer: number, bootstrap: readonly string[]): CrewMember =>
    launch(peer, bootstrap, {
      onProgress: ({ step }) => change(peer, { step }),
      onBehind: () => change(peer, { isBehind: true })
    })
  const first = start(0, [])
  const bootstrap = await first.listening
  for (let peer = 0; peer < peers; peer++) {
    const member = peer === 0 ? first : start(peer, bootstrap)
    berths.push({ member, step: 0, isBehind: false, isKilled: false })
  }
  const joining = Promise.withResolvers<Berth>()
  return {
    berths,
    joined: joining.promise,
    async join() {
      const addresses = await Promise.all(berths.map(({ member }) => member.listening))
      const member = start(peers, addresses.flat())
      const berth = { member, step: 0, isBehind: false, isKilled: false }
      berths.push(berth)
      joining.resolve(berth)
      return berth
    },
    faults: [],
    until,
    front: () => Math.max(...berths.map(({ step }) => step)),
    async restart(peer) {
      const others = berths.filter((_, other) => other !== peer)
      const addresses = await Promise.all(others.map(({ member }) => member.listening))
      change(peer, { member: start(peer, addresses.flat()), step: 0, isKilled: false })
    },
    async reportOf(berth) {
      for (;;) {
        const { member } = berth
        try {
          return await member.report
        } catch (error) {
          if (!berth.isKilled) throw error
          await until(() => berth.member !== member)
        }
      }
    }
  }
}

/** One fault after another: each time, the last victim is back before there is a next. */
async function wreak(init: ChaosInit, stage: Stage, signal: AbortSignal): Promise<void> {
  const { peers, steps, seed } = init
  const sequence = createSequence(seed, CHAOS.stream)
  const pause = (): number =>
    sequence.integer(Math.ceil(steps * CHAOS.minPause), Math.ceil(steps * CHAOS.maxPause))
  await stage.until(() => stage.front() >= pause())
  stage.faults.push(await join(init, stage))
  const thawed = sequence.integer(0, peers - 1)
  stage.faults.push(
    await strike(init, stage, { peer: thawed, kind: 'freeze', isLong: true, sequence, signal })
  )
  let kind: FaultKind = 'kill'
  for (let at = stage.front() + pause(); at < steps * CHAOS.until; at = stage.front() + pause()) {
    await stage.until(() => stage.front() >= at)
    const peer = (thawed + sequence.integer(1, peers - 1)) % peers
    const isLong = false
    stage.faults.push(await strike(init, stage, { peer, kind, isLong, sequence, signal }))
    kind = kind === 'kill' ? 'freeze' : 'kill'
  }
}

/** One more peer comes, and trains with the others. */
async function join({ peers: peer, say }: ChaosInit, stage: Stage): Promise<Fault> {
  const step = stage.front()
  const since = performance.now()
  say(`step ${step}: peer ${peer} joins`)
  const berth = await stage.join()
  await stage.until(() => berth.step > 0)
  const seconds = (performance.now() - since) / 1000
  const { step: backAt, isBehind: wasBehind } = berth
  say(`step ${backAt}: peer ${peer} trains with the others after ${seconds.toFixed(1)} s`)
  return { peer, kind: 'join', step, backAt, wasBehind, seconds }
}

interface Strike {
  readonly peer: number
  readonly kind: FaultKind
  /** Whether a stopped peer stays so until the others have gone on without it. */
  readonly isLong: boolean
  readonly sequence: Sequence
  readonly signal: AbortSignal
}

async function strike(
  { say, steps, onPresence }: ChaosInit,
  stage: Stage,
  { peer, kind, isLong, sequence, signal }: Strike
): Promise<Fault> {
  const berth = stage.berths[peer]
  if (berth === undefined) throw new RangeError(`there is no peer ${peer}`)
  const { member } = berth
  const step = stage.front()
  const since = performance.now()
  berth.isBehind = false
  onPresence?.(peer, false, step)
  if (kind === 'kill') {
    const awayMs = sequence.integer(...CHAOS.downMs)
    say(`step ${step}: peer ${peer} is killed (SIGKILL)`)
    berth.isKilled = true
    member.signal('SIGKILL')
    await member.report.catch(() => {})
    await delay(awayMs, undefined, { signal })
    say(`step ${stage.front()}: peer ${peer} is started again`)
    await stage.restart(peer)
  } else if (isLong) {
    say(`step ${step}: peer ${peer} is stopped (SIGSTOP) until the others go on without it`)
    member.signal('SIGSTOP')
    const lost = stage.until(() => stage.front() >= step + CHAOS.missedSteps)
    const isLate = stage.until(() => stage.front() >= steps * CHAOS.until)
    await Promise.race([
      Promise.all([lost, delay(CHAOS.longFrozenMs, undefined, { signal })]),
      isLate
    ])
    member.signal('SIGCONT')
    say(`step ${stage.front()}: peer ${peer} goes on (SIGCONT)`)
  } else {
    const awayMs = sequence.integer(...CHAOS.frozenMs)
    say(`step ${step}: peer ${peer} is stopped (SIGSTOP) for ${(awayMs / 1000).toFixed(1)} s`)
    member.signal('SIGSTOP')
    await delay(awayMs, undefined, { signal })
    member.signal('SIGCONT')
  }
  const front = stage.front()
  await stage.until(() => berth.step > 0 && berth.step >= front)
  const seconds = (performance.now() - since) / 1000
  const { step: backAt, isBehind: wasBehind } = berth
  onPresence?.(peer, true, backAt)
  say(
    `step ${backAt}: peer ${peer} is back after ${seconds.toFixed(1)} s: ` +
      (wasBehind ? 'it was behind and took over the state of the others' : 'it was waited for')
  )
  return { peer, kind, step, backAt, wasBehind, seconds }
}
