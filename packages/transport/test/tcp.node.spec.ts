import { channelConformance, connectorConformance } from '@daa-compute/testing'
import { channelPair, connectorPair } from './support/nodes.ts'
import { tcpNetwork } from './support/tcp.ts'

channelConformance('TCP', { connect: () => channelPair(tcpNetwork) })
connectorConformance('TCP', { connect: () => connectorPair(tcpNetwork) })
