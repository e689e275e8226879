/**
 * A seeded network in virtual time, to test distributed programs against.
 *
 * `createSimnet` gives peers that have the contracts' `Connector`, `Broadcast`, `Clock` and
 * `Random`, so that code written against these runs unchanged, in milliseconds instead of minutes,
 * and the same for the same seed.
 *
 * @packageDocumentation
 */
export type { SimConnector } from './connector.ts'
export type { SimDirectory, SimMembership, SimRecord } from './directory.ts'
export { SimnetError } from './errors.ts'
export type { SimDiagnosis, SimnetErrorDetails, SimWait } from './errors.ts'
export type { Latency, LinkOptions } from './link.ts'
export type { SimnetInit } from './options.ts'
export type { SimPeer } from './peer.ts'
export { createSimnet } from './simnet.ts'
export type { Simnet } from './simnet.ts'
export type { Tamperer } from './tamper.ts'
export type { FrameEvent, FrameHandler } from './tap.ts'
export { createTrace, formatTraceEntry } from './trace.ts'
export type { Trace, TraceEntry, TraceSink, TraceType } from './trace.ts'
