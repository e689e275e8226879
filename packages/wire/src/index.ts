/**
 * Bytes on the wire, bounded: a reader and a writer of binary fields, frames
 * over a byte stream, and the negotiation of a protocol version. It knows no
 * protocol.
 *
 * @packageDocumentation
 */
export { WireError } from './errors.ts'
export type { VersionRange, WireErrorDetails } from './errors.ts'
export { createFrameAssembler, FRAME_HEADER_LENGTH, writeFrameHeader } from './framing.ts'
export type { FrameAssembler, FrameAssemblerInit, PartialFrame } from './framing.ts'
export { negotiateVersion, readHello, writeHello } from './hello.ts'
export { createReader } from './reader.ts'
export type { Reader } from './reader.ts'
export { createWriter } from './writer.ts'
export type { Writer } from './writer.ts'
