import type { Simnet } from '@daa-compute/simnet'
import type { Counters } from '../counters.ts'
import type { Fault, Scenario } from '../scenario.ts'
import type { Corrupter } from './corruption.ts'
import { describeFault, resolveVictim, type Sighting } from './faults.ts'
import { nameOf } from './names.ts'
import type { Life } from './stage.ts'
import { createWeather, type End } from './weather.ts'

export interface StrikerInit {
  readonly scenario: Scenario
  readonly net: Simnet
  readonly counters: Counters
  /** By the peer's index. */
  readonly corrupters: ReadonlyMap<number, Corrupter>
  isCalm(): boolean
  /** The life that a peer has now. */
  lifeOf(index: number): Life | undefined
  restart(index: number, enterLate: boolean): void
  /** Something has ended. */
  settled(): void
  note(text: string): void
}

/** Makes faults happen, and end. */
export interface Striker {
  /** Whether faults go on, or are about to come by the clock. */
  readonly isBusy: boolean
  strike(fault: Fault, sighting: Sighting | undefined): void
  /** Does something later; until then it is not calm. */
  later(ms: number, action: () => void): void
}

/** A freeze of this many ms has no end: the process is as good as dead, but nobody is told. */
const FOREVER_MS = 1e9

export function createStriker(init: StrikerInit): Striker {
  const { scenario, net, counters, corrupters, settled, note } = init
  const weather = createWeather(net)
  let ongoing = 0

  function later(ms: number, action: () => void): void {
    ongoing++
    net.clock.schedule(ms, () => {
      ongoing--
      action()
      settled()
    })
  }

  function strike(fault: Fault, sighting: Sighting | undefined): void {
    const named = fault.kind === 'cut' || fault.kind === 'flap' ? fault.to : undefined
    const { victim, other } = resolveVictim(fault.victim, sighting, named)
    const life = init.lifeOf(victim)
    if (init.isCalm() || life === undefined || life.state !== 'alive') {
      counters.add(`faults that hit nobody: ${fault.kind}`)
      return
    }
    note(`${life.peer}: ${describeFault(fault)}`)
    const hit = apply(fault, life, victim, other)
    counters.add(hit ? `faults: ${fault.kind}` : `faults that hit nobody: ${fault.kind}`)
    if (hit) countMoment(fault, roleOf(victim, sighting))
  }

  /** With which messages deaths and partitions came. */
  function countMoment({ kind, when }: Fault, role: string): void {
    if (!('message' in when)) return
    const { message, phase } = when
    if (kind === 'crash' || kind === 'restart') {
      counters.add(`deaths: of the ${role} of ${message}, ${phase}`)
    } else if (kind === 'partition' || kind === 'cut') {
      counters.add(`partitions: at ${message}, ${phase}`)
    }
  }

  /** @returns whether it could happen */
  function apply(fault: Fault, life: Life, victim: number, other: number | undefined): boolean {
    switch (fault.kind) {
      case 'crash':
        life.crash()
        settled()
        return true
      case 'restart':
        life.crash()
        later(fault.downMs, () => init.restart(victim, fault.enterLate))
        return true
      case 'leave':
        life.leave()
        return true
      case 'abort':
        return life.calls.abort()
      case 'freeze':
        if (fault.forMs < FOREVER_MS) return during(fault.forMs, weather.freeze(life.sim))
        life.stop()
        settled()
        return true
      case 'slow':
        return during(fault.forMs, weather.slow(life.sim, fault.factor))
      case 'partition': {
        const side = new Set([...fault.side, victim])
        const inside = scenario.peers.flatMap((_, i) => (side.has(i) ? [nameOf(i)] : []))
        const outside = scenario.peers.flatMap((_, i) => (side.has(i) ? [] : [nameOf(i)]))
        if (outside.length === 0) return false
        return during(fault.forMs, weather.part(inside, outside))
      }
      case 'cut':
        if (other === undefined || other === victim) return false
        return during(fault.forMs, weather.cut(life.peer, nameOf(other)))
      case 'flap':
        if (other === undefined || other === victim) return false
        net.resetLink(life.peer, nameOf(other))
        return true
      case 'bytes':
        corrupters.get(victim)?.begin(fault)
        return true
    }
  }

  function during(forMs: number, end: End): boolean {
    later(forMs, end)
    return true
  }

  return {
    get isBusy() {
      return ongoing > 0
    },
    strike,
    later
  }
}

function roleOf(victim: number, sighting: Sighting | undefined): string {
  if (sighting === undefined) return ''
  if (victim === sighting.from) return 'sender'
  return victim === sighting.to ? 'receiver' : 'bystander'
}
