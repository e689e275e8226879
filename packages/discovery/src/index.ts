/**
 * Finding the peers of a run.
 *
 * The core, {@link createRunDirectory}, keeps a live directory of a run's peers
 * from what they announce of themselves over any `Broadcast`; it knows neither
 * libp2p nor real time. Around it: the broadcast over libp2p's gossipsub, the
 * fragment of libp2p's configuration that this needs, bootstrapping, and the
 * wiring of announced addresses into libp2p's peer store.
 *
 * @packageDocumentation
 */
export { requireCapabilities } from './core/capability-filter.ts'
export type { CapabilityFilter, CapabilityRequirement } from './core/capability-filter.ts'
export { createRunDirectory } from './core/run-directory.ts'
export type { RunDirectoryInit } from './core/run-directory-init.ts'
export type { RunDirectory } from './core/run-directory.ts'
export { runTopic } from './core/topic.ts'
export { DiscoveryError } from './errors.ts'
export type { DiscoveryErrorDetails, UnreachableReason } from './errors.ts'
export { wallClockIncarnation } from './incarnation.ts'
export { connectDirectory, rememberAddresses } from './libp2p/address-book.ts'
export type { ConnectDirectoryOptions } from './libp2p/address-book.ts'
export { bootstrap } from './libp2p/bootstrap.ts'
export type { BootstrapOptions, BootstrapResult } from './libp2p/bootstrap.ts'
export { createBroadcast } from './libp2p/broadcast.ts'
export type { BroadcastInit } from './libp2p/broadcast.ts'
export { dialDiscovered } from './libp2p/dial-discovered.ts'
export type { DialDiscoveredOptions } from './libp2p/dial-discovered.ts'
export type { MdnsOptions } from './libp2p/mdns.ts'
export { discoveryPreset } from './libp2p/preset.ts'
export type { DiscoveryPreset, DiscoveryPresetOptions } from './libp2p/preset.ts'
export { relayRuns } from './libp2p/relay-runs.ts'
export type { RelayRunsInit } from './libp2p/relay-runs.ts'
export type { PubsubNode } from './libp2p/types.ts'
