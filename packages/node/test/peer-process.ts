/** A peer in a process of its own, driven by its parent: see processes.spec.ts. */
import { createNode, type Run } from '../src/index.ts'

/** What the parent asks for. */
export type Order =
  | { type: 'join'; bootstrap: readonly string[]; minPeers: number }
  | { type: 'link'; members: number }
  | { type: 'reduce'; length: number; rank: number }

/** What the peer tells. */
export type Report =
  | { type: 'joined'; peer: string; addresses: readonly string[] }
  /** That many members can be reached, this one included. */
  | { type: 'linked' }
  /** Values are moving. */
  | { type: 'reducing' }
  | { type: 'resolved'; participants: readonly string[]; first: number; last: number }
  | { type: 'rejected'; code: string; message: string; intact: boolean }

let run: Run | undefined

process.on('message', (order: Order) => {
  obey(order).catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
})
process.once('disconnect', () => process.exit(0))

async function obey(order: Order): Promise<void> {
  if (order.type === 'join') {
    const node = await createNode({
      listenAddresses: ['/ip4/127.0.0.1/tcp/0'],
      bootstrapNodes: order.bootstrap
    })
    run = await node.join('processes', { minPeers: order.minPeers })
    tell({ type: 'joined', peer: node.peerId, addresses: node.addresses })
    return
  }
  if (order.type === 'link') {
    const linked = (): boolean => run?.members.length === order.members
    while (!linked()) await new Promise((resolve) => run?.on('member:up', resolve))
    tell({ type: 'linked' })
    return
  }
  const values = new Float32Array(order.length).fill(order.rank)
  const reduced = run?.allReduce(values)
  watch()
  try {
    const result = await reduced
    tell({
      type: 'resolved',
      participants: result?.participants ?? [],
      first: values[0] ?? Number.NaN,
      last: values.at(-1) ?? Number.NaN
    })
  } catch (error) {
    const { code = '', message = '' } = error as { code?: string; message?: string }
    const intact = values.every((value) => value === order.rank)
    tell({ type: 'rejected', code, message, intact })
  }
}

/** Tells when the round begins to move values. */
function watch(): void {
  const state = run?.explain().state
  if (state === 'reducing') tell({ type: 'reducing' })
  else if (state === 'forming' || state === 'idle') setImmediate(watch)
}

function tell(report: Report): void {
  process.send?.(report)
}
