import { channelConformance, connectorConformance } from '@daa-compute/testing'
import { afterAll } from 'vitest'
import { mergePresets, relayPreset, webRtcPreset } from '../src/index.ts'
import { createDuo, MAX_IN_FLIGHT } from './support/nodes.ts'

const duo = createDuo({
  preset: () => mergePresets(relayPreset(), webRtcPreset()),
  listen: () => '/ip4/127.0.0.1/udp/0/webrtc-direct'
})
afterAll(() => duo.stop())

channelConformance('WebRTC', { connect: () => duo.channel(), maxInFlight: MAX_IN_FLIGHT })
connectorConformance('WebRTC', { connect: () => duo.connectorPair() })
