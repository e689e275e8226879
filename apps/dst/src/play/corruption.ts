import type { Dice } from '../generate/dice.ts'
import type { Corruption, Fault } from '../scenario.ts'
import type { Bend } from './watched-connector.ts'

/** Frames of the past that can be sent again. */
const REMEMBERED = 8

/** The bad bytes of one peer. */
export interface Corrupter {
  readonly bend: Bend
  /** From now on the next frames are bad. */
  begin(fault: Extract<Fault, { kind: 'bytes' }>): void
  end(): void
}

/** @param onBad called for each frame that is not what it was */
export function createCorrupter(dice: Dice, onBad: (kind: Corruption) => void): Corrupter {
  const memory = new Map<string, Uint8Array[]>()
  let active: { fault: Extract<Fault, { kind: 'bytes' }>; left: number }[] = []

  return {
    bend(protocol, frame) {
      const past = memory.get(protocol) ?? []
      memory.set(protocol, past)
      past.push(frame.slice())
      if (past.length > REMEMBERED) past.shift()
      const current = active.find(
        ({ fault }) =>
          protocol.includes(`/${fault.protocol}/`) && frame.length >= (fault.leastBytes ?? 0)
      )
      if (current === undefined) return undefined
      if (--current.left === 0) active = active.filter((other) => other !== current)
      onBad(current.fault.corruption)
      return corrupt(current.fault.corruption, frame, past, dice)
    },
    begin: (fault) => void active.push({ fault, left: fault.frames }),
    end() {
      active = []
    }
  }
}

function corrupt(
  kind: Corruption,
  frame: Uint8Array,
  past: readonly Uint8Array[],
  dice: Dice
): readonly Uint8Array[] {
  switch (kind) {
    case 'flip': {
      const flipped = frame.slice()
      const at = dice.whole(0, Math.max(0, flipped.length - 1))
      flipped[at] = (flipped[at] ?? 0) ^ (1 << dice.whole(0, 7))
      return [flipped]
    }
    case 'garbage':
      return [Uint8Array.from({ length: dice.whole(0, 200) }, () => dice.whole(0, 255))]
    case 'truncate':
      return [frame.slice(0, dice.whole(0, Math.max(0, frame.length - 1)))]
    case 'extend': {
      const longer = new Uint8Array(frame.length + dice.whole(1, 40))
      longer.set(frame)
      return [longer]
    }
    case 'replay':
      return [dice.pick(past), frame]
    case 'repeat':
      return [frame, frame, frame]
  }
}
