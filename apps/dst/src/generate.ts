import type { CodecName } from './codecs.ts'
import { createDice, type Dice } from './dice.ts'
import { KRUM_NEEDS, type RuleName } from './rules.ts'
import type { Corruption, Fault, Moment, PeerScript, Scenario, Victim } from './scenario.ts'

/** What a scenario is drawn for. */
export interface GenerateOptions {
  /** Peers of every scenario; left out to draw from 2 to 24. */
  readonly size?: number | undefined
  /** Types of control messages that faults may come with. */
  readonly messageTypes: readonly string[]
}

const CORRUPTIONS: readonly Corruption[] = [
  'flip',
  'garbage',
  'truncate',
  'extend',
  'replay',
  'repeat'
]

/** Messages by which an attempt is decided. */
const DECISIVE: ReadonlySet<string> = new Set([
  'complain',
  'prepare',
  'promise',
  'refuse',
  'propose',
  'vote',
  'decided'
])

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
    ...(dice.chance(0.25) ? { bandwidth: dice.scale(1e5, 1e8) } : {}),
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
  return { ...scenario, ...drawRule(dice, scenario) }
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

function drawFaults(
  dice: Dice,
  size: number,
  latencyMs: number,
  suspectAfterMs: number,
  messageTypes: readonly string[]
): Fault[] {
  const count = dice.weighted([
    [1, 0],
    [5, 1],
    [5, 2],
    [3, 3],
    [1, 4],
    [0.5, dice.whole(5, 8)]
  ])
  // faults by the clock fall into the first few rounds
  const spanMs = 40 + latencyMs * (10 + 4 * size) * dice.whole(1, 3)
  const liar = dice.whole(0, size - 1)
  return Array.from({ length: count }, () =>
    drawFault(dice, size, spanMs, suspectAfterMs, liar, messageTypes)
  )
}

/** Faults at the messages by which attempts are decided, soon one after the other. */
function drawStorm(
  dice: Dice,
  size: number,
  suspectAfterMs: number,
  messageTypes: readonly string[]
): Fault[] {
  if (messageTypes.includes('promise') && dice.chance(0.25)) {
    return drawRivals(dice, size, suspectAfterMs)
  }
  const decisive = messageTypes.filter((type) => DECISIVE.has(type))
  const types = decisive.length > 0 ? decisive : messageTypes
  return Array.from({ length: dice.whole(2, 4) }, () => {
    // what a quorum has voted for must outlive whatever happens to its votes
    const isVote = types.includes('vote') && dice.chance(0.4)
    const when: Moment = {
      message: isVote ? 'vote' : dice.pick(types),
      nth: isVote ? dice.whole(1, 2 * size * (size - 1)) : Math.round(dice.scale(1, 4 * size)),
      phase: dice.chance(0.5) ? 'sent' : 'received',
      delayMs: dice.chance(0.8) ? 0 : dice.scale(0.1, 20)
    }
    const victim = dice.chance(0.5) ? 'sender' : 'receiver'
    const forMs = suspectAfterMs * dice.scale(0.1, 4)
    const to = dice.whole(0, size - 1)
    const side = Array.from({ length: size }, (_, i) => i).filter(() => dice.chance(0.4))
    return dice.weighted<Fault>([
      [1, { kind: 'crash', when, victim }],
      [
        2,
        {
          kind: 'restart',
          when,
          victim,
          downMs: suspectAfterMs * dice.scale(0.01, 2),
          enterLate: true
        }
      ],
      [2, { kind: 'freeze', when, victim, forMs }],
      [3, { kind: 'partition', when, victim, forMs, side }],
      [2, { kind: 'cut', when, victim, forMs, to }],
      [1, { kind: 'flap', when, victim, to }]
    ])
  })
}

/**
 * Something that takes a ballot, a coordinator that is away between promises and
 * proposal while another takes over, and somebody who loses the votes.
 */
function drawRivals(dice: Dice, size: number, suspectAfterMs: number): Fault[] {
  const at = (message: string, most: number): Moment => ({
    message,
    nth: dice.whole(1, most),
    phase: dice.chance(0.5) ? 'sent' : 'received',
    delayMs: dice.chance(0.7) ? 0 : dice.scale(0.1, 5)
  })
  const forMs = (): number => suspectAfterMs * dice.scale(0.2, 4)
  const pairs = size * (size - 1)
  const side: readonly number[] = []
  return [
    dice.weighted<Fault>([
      [2, { kind: 'cut', when: at('data', 2 * pairs), victim: 'sender', forMs: forMs(), to: 0 }],
      [2, { kind: 'flap', when: at('data', 2 * pairs), victim: 'sender', to: 0 }],
      [1, { kind: 'abort', when: at('vote', pairs), victim: 'receiver' }]
    ]),
    { kind: 'freeze', when: at('promise', size), victim: 'receiver', forMs: forMs() },
    dice.weighted<Fault>([
      [3, { kind: 'partition', when: at('vote', pairs), victim: 'sender', forMs: forMs(), side }],
      [2, { kind: 'partition', when: at('vote', pairs), victim: 'receiver', forMs: forMs(), side }],
      [1, { kind: 'cut', when: at('vote', pairs), victim: 'sender', forMs: forMs(), to: 0 }]
    ])
  ]
}

function drawFault(
  dice: Dice,
  size: number,
  spanMs: number,
  suspectAfterMs: number,
  liar: number,
  messageTypes: readonly string[]
): Fault {
  const when = drawMoment(dice, size, spanMs, messageTypes)
  const peer = dice.whole(0, size - 1)
  const victim: Victim =
    'atMs' in when
      ? peer
      : dice.weighted<Victim>([
          [5, 'sender'],
          [5, 'receiver'],
          [2, peer]
        ])
  const to = dice.whole(0, size - 1)
  // what is over before anybody is suspected, and what lasts longer
  const forMs = suspectAfterMs * dice.scale(0.1, 4)
  const kind = dice.weighted<Fault['kind']>([
    [6, 'crash'],
    [5, 'restart'],
    [4, 'freeze'],
    [2, 'slow'],
    [4, 'partition'],
    [3, 'cut'],
    [4, 'flap'],
    [2, 'leave'],
    [2, 'abort'],
    [3, 'bytes']
  ])
  switch (kind) {
    case 'crash':
    case 'leave':
    case 'abort':
      return { kind, when, victim }
    case 'restart':
      return {
        kind,
        when,
        victim,
        downMs: suspectAfterMs * dice.scale(0.01, 2),
        enterLate: dice.chance(0.7)
      }
    case 'freeze':
      return { kind, when, victim, forMs: dice.chance(0.25) ? 1e9 : forMs }
    case 'slow':
      return { kind, when, victim, forMs, factor: dice.scale(1.05, 20) }
    case 'partition': {
      const share = dice.between(0.1, 0.6)
      const side = Array.from({ length: size }, (_, i) => i).filter(() => dice.chance(share))
      return { kind, when, victim, forMs, side }
    }
    case 'cut':
      return { kind, when, victim, forMs, to }
    case 'flap':
      return { kind, when, victim, to }
    case 'bytes':
      return {
        kind,
        when: { atMs: dice.between(0, spanMs) },
        // one peer at most is out of its mind
        victim: liar,
        corruption: dice.chance(0.3) ? 'flip' : dice.pick(CORRUPTIONS),
        protocol: dice.weighted([
          [4, 'control'],
          [4, 'data'],
          [1, 'result']
        ] as const),
        frames: dice.chance(0.7) ? 1 : dice.whole(2, 50)
      }
  }
}

function drawMoment(
  dice: Dice,
  size: number,
  spanMs: number,
  messageTypes: readonly string[]
): Moment {
  if (dice.chance(0.3)) return { atMs: dice.between(0, spanMs) }
  return {
    message: dice.chance(0.15) ? 'data' : dice.pick(messageTypes),
    nth: Math.round(dice.scale(1, 4 * size ** 1.6)),
    phase: dice.chance(0.5) ? 'sent' : 'received',
    delayMs: dice.chance(0.7) ? 0 : dice.scale(0.1, 50)
  }
}
