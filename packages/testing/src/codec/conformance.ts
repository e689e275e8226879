import { describe, it } from 'vitest'
import { badBytesChecks } from './bad-bytes.ts'
import type { CodecCheck, CodecSetup } from './check.ts'
import { encodingChecks } from './encoding.ts'

/** The conformance tests one by one, so that they can themselves be tested on faulty codecs. */
export const codecChecks: readonly CodecCheck[] = [...encodingChecks, ...badBytesChecks]

/**
 * Registers the conformance tests of the `Codec` contract. They assume the
 * default policy for values that are not finite: to refuse them.
 */
export function codecConformance(name: string, setup: CodecSetup): void {
  describe(`Codec: ${name}`, () => {
    for (const { title, check } of codecChecks) {
      it(title, async () => {
        await check(await setup(), setup)
      })
    }
  })
}
