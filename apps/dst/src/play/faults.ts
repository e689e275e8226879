import type { Fault, Moment, Victim } from '../scenario.ts'

/** A message that has left, or reached, a peer; peers by their index. */
export interface Sighting {
  readonly type: string
  readonly phase: 'sent' | 'received'
  readonly from: number
  readonly to: number
}

/** A fault whose moment has come, and how long after that it happens. */
export interface Due {
  readonly fault: Fault
  readonly delayMs: number
}

/** Faults that wait for their moment. */
export interface FaultPlan {
  /** Faults by the clock, with their time. */
  readonly timed: readonly { readonly fault: Fault; readonly atMs: number }[]
  /** Whether any fault comes with messages of this type: no others are counted. */
  awaits(type: string, phase: Sighting['phase']): boolean
  /** Counts a message; the faults that come with it. */
  see(type: string, phase: Sighting['phase']): readonly Due[]
  /** Whether any fault waits for a message still. */
  readonly waiting: boolean
  /** Nothing comes any more. */
  disarm(): void
}

export function createFaultPlan(faults: readonly Fault[]): FaultPlan {
  const timed: { fault: Fault; atMs: number }[] = []
  /** Messages that faults wait for, by phase and type: no others are counted. */
  const awaited = { sent: new Map<string, Awaited>(), received: new Map<string, Awaited>() }
  let waiting = 0
  for (const fault of faults) {
    const { when } = fault
    if ('atMs' in when) {
      timed.push({ fault, atMs: when.atMs })
      continue
    }
    const messages = awaited[when.phase]
    const kind = messages.get(when.message) ?? { count: 0, due: new Map<number, Due[]>() }
    messages.set(when.message, kind)
    kind.due.set(when.nth, [...(kind.due.get(when.nth) ?? []), { fault, delayMs: when.delayMs }])
    waiting++
  }

  return {
    timed,
    awaits: (type, phase) => waiting > 0 && awaited[phase].has(type),
    see(type, phase) {
      if (waiting === 0) return NOTHING
      const kind = awaited[phase].get(type)
      if (kind === undefined) return NOTHING
      kind.count++
      const found = kind.due.get(kind.count)
      if (found === undefined) return NOTHING
      waiting -= found.length
      return found
    },
    get waiting() {
      return waiting > 0
    },
    disarm() {
      waiting = 0
    }
  }
}

/** Messages of one type in one phase. */
interface Awaited {
  /** How many there were. */
  count: number
  /** Faults by the number of their message. */
  readonly due: Map<number, Due[]>
}

const NOTHING: readonly Due[] = []

/** The peers a fault is about: the victim, and who is at the other end. */
export function resolveVictim(
  victim: Victim,
  sighting: Sighting | undefined,
  other: number | undefined
): { readonly victim: number; readonly other: number | undefined } {
  if (typeof victim === 'number') return { victim, other }
  if (sighting === undefined) throw new TypeError('a fault by the clock names its victim')
  return victim === 'sender'
    ? { victim: sighting.from, other: sighting.to }
    : { victim: sighting.to, other: sighting.from }
}

/** A fault as a line. */
export function describeFault(fault: Fault): string {
  const { kind, when, victim, ...rest } = fault
  const who = typeof victim === 'number' ? `peer ${victim}` : `the ${victim}`
  const details = Object.entries(rest).map(
    ([name, value]) => `${name} ${typeof value === 'number' ? round(value) : JSON.stringify(value)}`
  )
  return [`${kind} of ${who} ${describeMoment(when)}`, ...details].join(', ')
}

function describeMoment(when: Moment): string {
  if ('atMs' in when) return `at ${round(when.atMs)} ms`
  const later = when.delayMs > 0 ? `${round(when.delayMs)} ms after` : 'with'
  return `${later} message ${when.nth} of type ${when.message} ${when.phase}`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
