import type { Fault, Scenario } from '../scenario.ts'
import type { Dice } from './dice.ts'

/**
 * One peer sends other values than it has, so that the results of others differ, and
 * while they vote for them somebody dies, starts again, or stands still for a while.
 */
export function drawDiffering(
  dice: Dice,
  { faults, latencyMs, peers, suspectAfterMs }: Scenario
): Fault[] {
  const size = peers.length
  // one peer at most is out of its mind
  const liar = faults.find(({ kind }) => kind === 'bytes')?.victim ?? dice.whole(0, size - 1)
  const when = {
    message: 'vote',
    nth: dice.whole(1, 6 * size * (size - 1)),
    phase: dice.chance(0.5) ? 'sent' : 'received',
    delayMs: dice.chance(0.5) ? 0 : latencyMs.max * dice.between(0, 2)
  } as const
  const victim = dice.chance(0.5) ? 'sender' : 'receiver'
  const downMs = suspectAfterMs * dice.scale(0.01, 2)
  return [
    {
      kind: 'bytes',
      when: { atMs: dice.between(0, 40 + 30 * latencyMs.max) },
      victim: liar,
      corruption: 'flip',
      protocol: 'data',
      frames: dice.whole(1, 40)
    },
    dice.weighted<Fault>([
      [3, { kind: 'crash', when, victim }],
      [3, { kind: 'restart', when, victim, downMs, enterLate: dice.chance(0.7) }],
      [1, { kind: 'freeze', when, victim, forMs: 2 * downMs }]
    ])
  ]
}
