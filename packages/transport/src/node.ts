/**
 * What of `@daa-compute/transport` needs Node: identities kept in files.
 *
 * @packageDocumentation
 */
export { loadOrCreateIdentity } from './identity/identity-file.ts'
