import { createSignatureVerifier } from '../../identity/identity.ts'
import { REVOCATION_PREFIX } from './constants.ts'
import { parseRevocation, revocationBytes } from './revocation.ts'
import { isSignedBy } from './signed-text.ts'
import { parseToken, tokenBytes } from './token.ts'

/**
 * Whether a token or revocation was signed by the owner that it names itself. It says
 * nothing of whether that is the owner of your run.
 *
 * @throws {AdmissionError} `BAD_STATEMENT` for a text that is neither
 */
export async function isSignedByOwner(text: string): Promise<boolean> {
  const verifier = createSignatureVerifier()
  if (text.trim().startsWith(REVOCATION_PREFIX)) {
    const parsed = parseRevocation(revocationBytes(text))
    return parsed !== undefined && (await isSignedBy(verifier, parsed.revocation.owner, parsed))
  }
  const parsed = parseToken(tokenBytes(text))
  return parsed !== undefined && (await isSignedBy(verifier, parsed.token.owner, parsed))
}
