import type { Dice } from './dice.ts'
import type { Fault, Moment } from '../scenario.ts'

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

/** Faults at the messages by which attempts are decided, soon one after the other. */
export function drawStorm(
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
