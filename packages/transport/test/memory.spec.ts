import { channelConformance, connectorConformance } from '@daa-compute/testing'
import { afterAll } from 'vitest'
import { hostilePeers } from './support/hostile.ts'
import { createDuo, memoryNetwork } from './support/nodes.ts'

const duo = createDuo(memoryNetwork)
afterAll(() => duo.stop())

channelConformance('memory', { connect: () => duo.channel() })
connectorConformance('memory', { connect: () => duo.connectorPair() })
hostilePeers('memory', duo)
