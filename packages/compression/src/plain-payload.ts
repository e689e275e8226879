import { malformed, nonFinite } from './errors.ts'
import type { PayloadFormat } from './payload.ts'
import type { ValueStage } from './value-stage.ts'

/** The bytes of the value stage and nothing else. */
export function plainPayload(stage: ValueStage): PayloadFormat {
  return {
    entropyId: 0,
    maxLength: (count) => stage.encodedLength(count),
    encode(values, out) {
      const length = stage.encodedLength(values.length)
      const index = stage.encode(values, out.subarray(0, length))
      if (index >= 0) throw nonFinite(index, values[index]!)
      return length
    },
    decode(bytes, out) {
      const expected = stage.encodedLength(out.length)
      if (bytes.length !== expected) {
        throw malformed(
          `${out.length} values take ${expected} bytes behind the header, there are ${bytes.length}`
        )
      }
      const fault = stage.findFault(bytes, out.length)
      if (fault !== undefined) throw malformed(fault)
      stage.decode(bytes, out)
    }
  }
}
