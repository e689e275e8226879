import { channelConformance, connectorConformance } from '@daa-compute/testing'
import { afterAll } from 'vitest'
import { hostilePeers } from './support/hostile.ts'
import { createDuo, MAX_IN_FLIGHT, memoryNetwork } from './support/nodes.ts'

const duo = createDuo(memoryNetwork)
afterAll(() => duo.stop())

channelConformance('memory', { connect: () => duo.channel(), maxInFlight: MAX_IN_FLIGHT })
connectorConformance('memory', { connect: () => duo.connectorPair() })
hostilePeers('memory', duo)
