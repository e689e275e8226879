import { channelConformance, connectorConformance } from '@daa-compute/testing'
import { afterAll } from 'vitest'
import { hostilePeers } from './support/hostile.ts'
import { createDuo } from './support/nodes.ts'
import { tcpNetwork } from './support/tcp.ts'

const duo = createDuo(tcpNetwork)
afterAll(() => duo.stop())

channelConformance('TCP', { connect: () => duo.channel() })
connectorConformance('TCP', { connect: () => duo.connectorPair() })
hostilePeers('TCP', duo)
