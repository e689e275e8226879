import type { Kernels } from '@daa-compute/kernels'

import type { ValueStage } from '../value-stage.ts'

/** One kind of value stage, by its name. `value-families.ts` lists them. */
export interface ValueFamily {
  /** What a codec's name begins with: `topk`. */
  readonly name: string

  /** How it is written, for messages: `topk:FRACTION, FRACTION being above 0 and at most 1`. */
  readonly form: string

  /**
   * Checks the parameter and spells it out.
   *
   * @param parameter what stands behind the colon; `undefined` without a colon. It
   * may come from a peer
   * @returns the canonical parameter, or `undefined` where there is none; `false` for
   * what does not fit the form
   */
  parse(parameter: string | undefined): string | undefined | false

  /**
   * @param name canonical, with the parameter
   * @param parameter canonical
   */
  create(name: string, parameter: string | undefined, kernels: Kernels): ValueStage
}
