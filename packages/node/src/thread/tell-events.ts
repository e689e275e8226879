import type { NetworkEvents, P2PNetwork } from '../network.ts'
import type { CallerLink } from './caller-link.ts'
import type { NetworkEvent } from './protocol.ts'

/** What of a node's events is left out while the caller is busy: it says so again, or it is news only. */
const OPTIONAL_EVENTS: ReadonlySet<keyof NetworkEvents> = new Set([
  'connection:change',
  'connection:refused'
])

const EVENT_NAMES: Readonly<Record<keyof NetworkEvents, true>> = {
  'peer:connect': true,
  'peer:disconnect': true,
  'connection:open': true,
  'connection:change': true,
  'connection:close': true,
  'connection:refused': true,
  'bootstrap:failed': true,
  'addresses:change': true,
  'thread:lost': true
}
const EVENTS = Object.keys(EVENT_NAMES) as (keyof NetworkEvents)[]

/** Tells the caller's thread what happens to a node. */
export function tellEvents(node: P2PNetwork, link: CallerLink): void {
  for (const name of EVENTS) {
    node.on(name, (event) => {
      if (OPTIONAL_EVENTS.has(name) && !link.hasRoom) return
      link.tell('event', { name, event } as NetworkEvent)
    })
  }
}
