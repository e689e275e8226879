/**
 * Conformance suites: one per contract, run by every implementation of it.
 *
 * A suite is a function that registers vitest tests. Its setup makes what is tested, fresh for each
 * test.
 *
 * @packageDocumentation
 */
export { clockChecks, clockConformance } from './clock.ts'
export type { ClockCheck, ClockFixture, ClockSetup } from './clock.ts'
export { expectAllOrNothing } from './codec/all-or-nothing.ts'
export type { CodecCheck, CodecSetup } from './codec/check.ts'
export { codecChecks, codecConformance } from './codec/conformance.ts'
export { channelConformance } from './channel/conformance.ts'
export type { ChannelConformanceSetup, ChannelPair } from './channel/setup.ts'
export { nextTurn, quiet } from './traffic.ts'
export { connectorConformance } from './connector.ts'
export type { ConnectorConformanceSetup, ConnectorPair } from './connector.ts'
