import type { Dice } from './dice.ts'
import type { Corruption, Fault, Moment, Victim } from '../scenario.ts'

const CORRUPTIONS: readonly Corruption[] = [
  'flip',
  'garbage',
  'truncate',
  'extend',
  'replay',
  'repeat'
]

/** Some faults of any kind, in the first few rounds. */
export function drawFaults(
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
