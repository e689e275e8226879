/**
 * What of `@daa-compute/transport` needs Node: identities kept in files, and the end of
 * WebRTC in a thread.
 *
 * @packageDocumentation
 */
export { changePassphrase, loadIdentity, loadOrCreateIdentity } from './identity/identity-file.ts'
export type { IdentityFileOptions, Passphrase, PassphraseChange } from './identity/identity-file.ts'
export { releaseWebRtc } from './webrtc/release.ts'
