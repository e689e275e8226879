import type { Link } from './link.ts'
import type { CallerCalls, NetworkTells } from './protocol.ts'

/** What leads from the network's thread to the caller's. */
export type CallerLink = Link<CallerCalls, NetworkTells>
