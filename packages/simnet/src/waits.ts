import type { Endpoint } from './endpoint.ts'
import type { SimWait } from './errors.ts'
import type { Host } from './host.ts'

/** Who waits for what on which channel, in the order of peers and channels. */
export function collectWaits(hosts: Iterable<Host>): SimWait[] {
  const waits: SimWait[] = []
  for (const host of hosts) {
    for (const { endpoint, pending } of host.openings) {
      const { peer: remote, protocol } = endpoint
      const { sinceMs } = pending
      waits.push({ peer: host.id, operation: 'open', remote, protocol, sinceMs })
    }
    for (const endpoint of host.endpoints) waits.push(...waitsOf(endpoint))
  }
  return waits
}

/** Which peers are hindered, a sentence each. */
export function collectHindrances(hosts: Iterable<Host>): string[] {
  const sentences: string[] = []
  for (const host of hosts) {
    const { state, backlog } = host
    if (state === 'running') continue
    sentences.push(`${host.id} is ${state} (events that wait for it: ${backlog})`)
  }
  return sentences
}

function waitsOf({ host, peer: remote, protocol, inbox, outbox, firstClose }: Endpoint): SimWait[] {
  const all = [
    ['receive', inbox.waiting],
    ['send', outbox.first],
    ['close', firstClose]
  ] as const
  return all.flatMap(([operation, pending]) =>
    pending === undefined
      ? []
      : [{ peer: host.id, operation, remote, protocol, sinceMs: pending.sinceMs }]
  )
}
