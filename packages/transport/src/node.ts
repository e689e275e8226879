/**
 * What of `@daa-compute/transport` needs Node: identities kept in files.
 *
 * @packageDocumentation
 */
export { changePassphrase, loadIdentity, loadOrCreateIdentity } from './identity/identity-file.ts'
export type { IdentityFileOptions, Passphrase, PassphraseChange } from './identity/identity-file.ts'
