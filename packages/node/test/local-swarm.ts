import {
  createNode,
  type JoinOptions,
  type P2PNetwork,
  type Run,
  type SwarmConfig
} from '../src/index.ts'

/** Nodes on loopback, each of which knows only the first. */
export async function startNodes(count: number, config: SwarmConfig = {}): Promise<P2PNetwork[]> {
  const local = { listenAddresses: ['/ip4/127.0.0.1/tcp/0'], ...config }
  const first = await createNode(local)
  const others = Array.from({ length: count - 1 }, () =>
    createNode({ ...local, bootstrapNodes: first.addresses })
  )
  return [first, ...(await Promise.all(others))]
}

export function joinAll(nodes: readonly P2PNetwork[], options: JoinOptions = {}): Promise<Run[]> {
  return Promise.all(nodes.map((node) => node.join('test', { minPeers: nodes.length, ...options })))
}

export async function stopAll(nodes: readonly P2PNetwork[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.stop()))
}
