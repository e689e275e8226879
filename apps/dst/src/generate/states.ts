import { createDice, type Dice } from './dice.ts'
import { generateScenario, type GenerateOptions } from './rounds.ts'
import type { Fault, Scenario, StateScript } from '../scenario.ts'

/** ms into which joins and faults by the clock fall: a dozen rounds and more. */
const SPAN_MS = 1_500

/** Rounds whose results a donor keeps at least, where who is behind is owed to get level. */
const LEAST_KEPT_ROUNDS = 64

/** Rounds that who enters has to make up for while the others wait. */
const MADE_UP_ROUNDS = 6

/** Peers, at least, of whom one may lie about its state while another starts again. */
const LEAST_WITH_LIAR = 5

/** Bytes that a block's frame has, mostly, and no other. */
const LEAST_BLOCK = 500

/** How often a state passes over a link in the time in which something has to. */
const STATES_PER_STALL = 4

/** How many times what rounds make donors may upload at least, where that is owed. */
const LEAST_UPLOAD = 3

/**
 * The scenario of a seed in which peers keep a common state: like one of rounds
 * alone, but longer, and with more of what makes peers fall behind. They come late,
 * start again, are frozen, or cut off for long enough to go on by themselves.
 *
 * In a harsh one, the others may go on faster than a joiner can be sent what they do, or
 * wait less for it than it takes: there it only has to be told so, and to spoil nothing.
 */
export function generateStateScenario(seed: number, options: GenerateOptions): Scenario {
  const dice = createDice(`state ${seed}`)
  const size =
    options.size ??
    dice.weighted([
      [1, 2],
      [4, 3],
      [4, 4],
      [3, 5],
      [1, 6],
      [0.3, 9]
    ])
  const messageTypes = [...options.messageTypes, 'state', 'state', 'state']
  const base = generateScenario(seed, { size, messageTypes })
  const onQuorumLoss = dice.chance(0.6) ? 'fork' : 'reject'
  const length = dice.weighted([
    [1, 1],
    [4, dice.whole(2, 40)],
    [1, dice.whole(40, 300)]
  ])
  const applyMs = dice.chance(0.3) ? dice.between(1, 40) : 0
  const isHarsh = dice.chance(0.2)
  const patienceMs = isHarsh
    ? base.patienceMs
    : Math.max(
        base.patienceMs,
        100 + 25 * base.latencyMs.max + 6 * applyMs + makeUpMs(base, length)
      )
  const scenario: Scenario = {
    ...base,
    patienceMs,
    formTimeoutMs: base.formTimeoutMs + 4 * (patienceMs - base.patienceMs),
    codec: dice.chance(0.8) ? 'float32' : 'coarse',
    length,
    minPeers: Math.min(
      size,
      dice.weighted([
        [2, 1],
        [6, 2],
        [1, (size >> 1) + 1]
      ])
    ),
    onQuorumLoss,
    calls: dice.whole(4, 14),
    spareCalls: 20,
    peers: base.peers.map((script, i) => ({
      ...script,
      enterLate: false,
      joinMs: i >= 2 && dice.chance(0.3) ? dice.between(50, SPAN_MS) : script.joinMs,
      weight: Math.max(1, script.weight),
      thinkMs: dice.weighted([
        [2, 0],
        [4, dice.between(5, 60)]
      ])
    })),
    faults: [
      ...base.faults.map((fault) => aimed(fault, dice)),
      ...Array.from({ length: dice.whole(0, 3) }, () => drawAway(dice, size, base.suspectAfterMs)),
      ...(onQuorumLoss === 'fork' && size > 2 && dice.chance(0.6)
        ? [drawSplit(dice, size, base)]
        : [])
    ],
    state: {
      elements: dice.weighted([
        [1, 1],
        [4, dice.whole(20, 300)],
        [4, dice.whole(300, 3_000)]
      ]),
      blockLength: dice.weighted([
        [4, 1_024],
        [1, 2_048],
        [1, 4_096]
      ]),
      onMeet: dice.chance(0.5) ? 'yield' : 'average',
      applyMs,
      isHarsh,
      ...drawLimits(dice, { isHarsh, length, roundMs: 1 + 2 * base.latencyMs.min + applyMs })
    }
  }
  const whole = { ...scenario, ...linksFor(scenario) }
  // last, so that what else a seed stands for does not change with it
  return size >= LEAST_WITH_LIAR && dice.chance(0.3) ? withLiar(whole, dice) : whole
}

/**
 * One peer has another state than everybody, and vouches for it and serves it in good
 * faith. The others outnumber it at any time, so nobody takes over what it has.
 */
function withLiar(scenario: Scenario, dice: Dice): Scenario {
  const size = scenario.peers.length
  const liar = dice.whole(0, size - 1)
  const victim = (liar + dice.whole(1, size - 1)) % size
  const when = { atMs: dice.between(200, SPAN_MS) }
  return {
    ...scenario,
    onQuorumLoss: 'reject',
    minPeers: size - 1,
    peers: scenario.peers.map((script) => ({ ...script, joinMs: dice.between(0, 20) })),
    faults: [{ kind: 'restart', when, victim, downMs: dice.between(1, 600), enterLate: false }],
    ...(scenario.state && { state: { ...scenario.state, onMeet: 'yield', liar } })
  }
}

/** Where states are averaged, they pass over a link before anybody is suspected of having stalled. */
function linksFor({
  bandwidth,
  stallTimeoutMs,
  state
}: Scenario): Partial<Pick<Scenario, 'bandwidth'>> {
  if (bandwidth === undefined || state?.onMeet !== 'average' || state.isHarsh === true) return {}
  const least = (STATES_PER_STALL * 8_000 * 4 * state.elements) / stallTimeoutMs
  return { bandwidth: Math.max(bandwidth, least) }
}

/** What the links need for the results of some rounds, and what is said about them. */
function makeUpMs({ bandwidth }: Scenario, length: number): number {
  const bytes = MADE_UP_ROUNDS * (4 * length + 1_000)
  return bandwidth === undefined ? 0 : (8_000 * bytes) / bandwidth
}

interface Pressure {
  readonly isHarsh: boolean
  /** Elements of what a round results in. */
  readonly length: number
  /** What a round takes at least. */
  readonly roundMs: number
}

/** What donors keep and upload: in a harsh scenario maybe less than a joiner needs. */
function drawLimits(
  dice: Dice,
  { isHarsh, length, roundMs }: Pressure
): Pick<StateScript, 'maxDeltaBytes' | 'uploadBitsPerSecond'> {
  const roundBytes = 4 * length + 1
  const leastBytes = isHarsh ? 0 : LEAST_KEPT_ROUNDS * roundBytes
  const leastBits = isHarsh ? 0 : (LEAST_UPLOAD * 8 * roundBytes * 1_000) / roundMs
  return {
    ...(dice.chance(0.3) ? { maxDeltaBytes: leastBytes + dice.whole(0, 4_000) } : {}),
    ...(dice.chance(0.2) ? { uploadBitsPerSecond: leastBits + dice.scale(1e5, 1e7) } : {})
  }
}

/** Who sends bad bytes does it as a donor, mostly. */
function aimed(fault: Fault, dice: Dice): Fault {
  if (fault.kind !== 'bytes' || dice.chance(0.2)) return fault
  return {
    ...fault,
    when: { atMs: dice.between(0, SPAN_MS) },
    corruption: dice.chance(0.5) ? 'flip' : fault.corruption,
    protocol: 'state',
    frames: dice.whole(1, 50),
    // who greets well and vouches or serves badly is believed for longer
    leastBytes: dice.weighted([
      [2, 0],
      [4, dice.whole(60, 300)],
      [4, LEAST_BLOCK]
    ])
  }
}

/** A peer is away for long enough that the others go on without it. */
function drawAway(dice: Dice, size: number, suspectAfterMs: number): Fault {
  const when = { atMs: dice.between(0, SPAN_MS) }
  const victim = dice.whole(0, size - 1)
  const forMs = suspectAfterMs * dice.scale(1, 8)
  return dice.weighted<Fault>([
    [3, { kind: 'restart', when, victim, downMs: dice.between(1, 600), enterLate: false }],
    [3, { kind: 'freeze', when, victim, forMs }],
    [1, { kind: 'cut', when, victim, forMs, to: dice.whole(0, size - 1) }]
  ])
}

/** Two halves that go on by themselves, and meet again. */
function drawSplit(dice: Dice, size: number, { quorumLossMs, suspectAfterMs }: Scenario): Fault {
  const side = Array.from({ length: size }, (_, i) => i).filter(() => dice.chance(0.4))
  const when = { atMs: dice.between(50, SPAN_MS) }
  const forMs = (quorumLossMs + suspectAfterMs) * dice.scale(1.5, 8)
  return { kind: 'partition', when, victim: dice.whole(0, size - 1), forMs, side }
}
