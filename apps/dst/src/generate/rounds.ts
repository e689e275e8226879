import type { CodecName } from '../codecs.ts'
import { createDice, type Dice } from './dice.ts'
import { drawDiffering } from './differing.ts'
import { drawFaults } from './faults.ts'
import { drawStorm } from './storm.ts'
import { KRUM_NEEDS, type RuleName } from '../rules.ts'
import type { PeerScript, Scenario } from '../scenario.ts'

/** What a scenario is drawn for. */
export interface GenerateOptions {
  /** Peers of every scenario; left out to draw from 2 to 24. */
  readonly size?: number | undefined
  /** Types of control messages that faults may come with. */
  readonly messageTypes: readonly string[]
}

/** The scenario of a seed. */
export function generateScenario(seed: number, options: GenerateOptions): Scenario {
  const dice = createDice(String(seed))
  // many faults at once, where few have to agree
  const isStorm = dice.chance(0.3)
  const size = options.size ?? (isStorm ? dice.whole(3, 5) : drawSize(dice))
  const latencyMs = drawLatency(dice, isStorm)
  const limits = drawLimits(dice, latencyMs.max)
  const peers = Array.from({ length: size }, () => drawPeer(dice))
  // a run has a beginning: most are there from the start
  const late = size > 2 && dice.chance(0.25) ? dice.whole(1, Math.max(1, size >> 2)) : 0
  for (let i = 0; i < late; i++) {
    const at = dice.whole(2, size - 1)
    const script = peers[at]
    if (script === undefined) continue
    peers[at] = { ...script, joinMs: dice.between(5, 400), enterLate: dice.chance(0.8) }
  }
  const onQuorumLoss = dice.chance(0.75) ? 'reject' : 'fork'
  const minPeers = dice.weighted([
    [5, Math.min(2, size)],
    [2, (size >> 1) + 1],
    [1, size],
    [0.4, 1]
  ])
  // there is no mean of nothing: somebody in each group has to weigh something
  if (minPeers >= 2 && onQuorumLoss === 'reject' && dice.chance(0.1)) {
    const at = dice.whole(0, size - 1)
    const script = peers[at]
    if (script !== undefined) peers[at] = { ...script, weight: 0 }
  }
  const algorithm = dice.weighted([
    [3, 'ring'],
    [2, 'tree'],
    [2, 'butterfly'],
    [2, 'hierarchical'],
    [2, 'direct'],
    [1, 'auto']
  ] as const)
  const scenario: Scenario = {
    seed,
    latencyMs,
    ...(dice.chance(0.25) ? { bandwidth: drawBandwidth(dice, size, limits) } : {}),
    ...limits,
    algorithm,
    codec: drawCodec(dice),
    length: drawLength(dice, size),
    signed: dice.chance(0.3),
    minPeers,
    onQuorumLoss,
    calls: dice.weighted([
      [6, 1],
      [3, 2],
      [1, 3]
    ]),
    spareCalls: dice.chance(0.9) ? 2 : 20,
    leaves: dice.chance(0.2),
    peers,
    faults: isStorm
      ? drawStorm(dice, size, limits.suspectAfterMs, options.messageTypes)
      : drawFaults(dice, size, latencyMs.max, limits.suspectAfterMs, options.messageTypes)
  }
  // last, so that what else a seed stands for does not change with it
  const ruled = { ...scenario, ...drawRule(dice, scenario) }
  if (size < 3 || !options.messageTypes.includes('vote') || dice.chance(0.97)) return ruled
  return { ...ruled, faults: [...ruled.faults, ...drawDiffering(dice, ruled)] }
}

function drawRule(dice: Dice, scenario: Scenario): Pick<Scenario, 'rule'> {
  const { algorithm, minPeers, peers } = scenario
  if ((algorithm !== 'direct' && algorithm !== 'auto') || dice.chance(0.4)) return {}
  const weightless = peers.filter(({ weight }) => weight === 0).length
  const rule = dice.weighted<RuleName>([
    [1, 'median'],
    [1, 'trimmedMean'],
    [minPeers - weightless >= KRUM_NEEDS ? 3 : 0, 'krum'],
    [2, 'centeredClip']
  ])
  return { rule }
}

function drawSize(dice: Dice): number {
  return dice.weighted([
    [3, 2],
    [5, 3],
    [5, 4],
    [4, 5],
    [2, 6],
    [1, 7],
    [1, 8],
    [1, dice.whole(9, 12)],
    [0.2, dice.whole(13, 24)]
  ])
}

function drawLatency(dice: Dice, isStorm: boolean): Scenario['latencyMs'] {
  const min = dice.scale(0.2, 10)
  return {
    min,
    max:
      min *
      dice.weighted([
        [2, 1],
        [3, 1.5],
        [3, 4],
        // some have voted long before others have the result
        [isStorm ? 3 : 0.5, 15]
      ])
  }
}

/** Limits of time fit for the network, or now and then too short for it: then peers give up in vain. */
function drawLimits(
  dice: Dice,
  latencyMs: number
): Pick<
  Scenario,
  | 'stallTimeoutMs'
  | 'openTimeoutMs'
  | 'patienceMs'
  | 'formTimeoutMs'
  | 'suspectAfterMs'
  | 'quorumLossMs'
> {
  const tripMs = dice.chance(0.06) ? latencyMs / 5 : latencyMs
  const patienceMs = 60 + tripMs * dice.scale(8, 40)
  return {
    stallTimeoutMs: 100 + tripMs * dice.scale(10, 200),
    openTimeoutMs: 100 + tripMs * dice.scale(10, 100),
    patienceMs,
    formTimeoutMs: 1_000 + patienceMs * dice.scale(4, 12),
    suspectAfterMs: 120 + tripMs * dice.scale(10, 50),
    quorumLossMs: 150 + tripMs * dice.scale(10, 100)
  }
}

/** Bytes of a decision for each member that it names. */
const DECISION_BYTES = 100

/** At least so much that nobody is suspected because the word of a decision takes its time. */
function drawBandwidth(
  dice: Dice,
  size: number,
  { suspectAfterMs }: Pick<Scenario, 'suspectAfterMs'>
): number {
  const least = (8_000 * DECISION_BYTES * size) / (suspectAfterMs / 4)
  return Math.max(least, dice.scale(1e5, 1e8))
}

function drawPeer(dice: Dice): PeerScript {
  return {
    joinMs: dice.chance(0.5) ? 0 : dice.between(0, 20),
    enterLate: dice.chance(0.2),
    weight: dice.chance(0.5) ? 1 : dice.whole(1, 5),
    thinkMs: dice.weighted([
      [5, 0],
      [4, dice.between(0, 30)],
      [0.5, dice.between(0, 500)]
    ])
  }
}

function drawCodec(dice: Dice): CodecName {
  return dice.weighted([
    [6, 'float32'],
    [2, 'coarse'],
    [0.5, 'int8']
  ])
}

function drawLength(dice: Dice, size: number): number {
  return dice.weighted([
    [1, 0],
    [1, 1],
    [2, Math.max(0, size - 1)],
    [2, size],
    [6, dice.whole(1, 40)],
    [0.3, dice.whole(40, 200)]
  ])
}
