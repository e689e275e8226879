import { afterEach, describe } from 'vitest'
import { nextTurn } from '../traffic.ts'
import { itHoldsSendersBack } from './backpressure.ts'
import { itEnds } from './ending.ts'
import { itCarriesFrames } from './frames.ts'
import { itLetsCallsBeGivenUp } from './giving-up.ts'
import { type ChannelConformanceSetup, type ChannelPair, type ChannelStage, MIB } from './setup.ts'

/** Registers tests of everything the contract `Channel` promises. */
export function channelConformance(name: string, setup: ChannelConformanceSetup): void {
  const drive = <T>(work: Promise<T>): Promise<T> => setup.drive?.(work) ?? work

  describe(`${name}: Channel`, () => {
    let pair: ChannelPair | undefined

    afterEach(async () => {
      const used = pair
      pair = undefined
      if (used !== undefined) await drive(used.dispose())
    })

    const stage: ChannelStage = {
      async connect() {
        pair = await drive(setup.connect())
        return pair
      },
      drive,
      pause: () => setup.pause?.() ?? nextTurn(),
      maxInFlight: setup.maxInFlight ?? 32 * MIB
    }
    itCarriesFrames(stage)
    itHoldsSendersBack(stage)
    itEnds(stage)
    itLetsCallsBeGivenUp(stage)
  })
}
