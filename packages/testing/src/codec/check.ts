import type { Codec } from '@daa-compute/interface'

/** Makes a codec; called several times, to compare instances. */
export type CodecSetup = () => Promise<Codec>

/** One thing a codec has to do; throws when it does not. */
export interface CodecCheck {
  readonly title: string
  check(codec: Codec, setup: CodecSetup): void | Promise<void>
}
