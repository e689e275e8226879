import type { Libp2p } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import {
  createConnectionGuard,
  createConnectionMonitor,
  createConnector,
  createHybridSignatureVerifier,
  memoryPreset
} from '../src/index.ts'

describe('an amount that is none is refused, for nothing is above it:', () => {
  let libp2p: Libp2p | undefined
  afterEach(async () => await libp2p?.stop())

  const badLimit = (name: string, value: unknown): unknown =>
    expect.objectContaining({ name: 'LimitsError', code: 'BAD_LIMIT', detail: { name, value } })

  it.each([Number.NaN, 0, -1, '1024' as unknown as number])('%o', async (value) => {
    const guard = createConnectionGuard()
    const node = await createLibp2p({ ...memoryPreset(), ...guard.preset })
    libp2p = node
    expect(() => createConnector({ libp2p: node, maxFrameLength: value })).toThrow(
      badLimit('maxFrameLength', value)
    )
    expect(() =>
      createConnectionMonitor({ libp2p: node, guard, roundTripIntervalMs: value })
    ).toThrow(badLimit('roundTripIntervalMs', value))
    expect(() => createHybridSignatureVerifier({ maxRemembered: value })).toThrow(
      badLimit('maxRemembered', value)
    )
  })
})
