import type { AbortOptions, Connection } from '@libp2p/interface'

/** Options of {@link hedgedDial}. */
export interface HedgedDialOptions extends Required<AbortOptions> {
  /** After how long without success another attempt begins, in ms. */
  readonly delayMs: number
  /** How many there may be. */
  readonly attempts: number
}

/**
 * Dials, and dials again beside it while nothing comes of it; the first connection
 * counts, the other attempts are given up. An attempt that fails by itself is not
 * made up for. That of RFC 8305, "happy eyeballs", with one address.
 *
 * @throws what the last attempt under way failed with
 */
export function hedgedDial(
  dial: (signal: AbortSignal) => Promise<Connection>,
  { signal, delayMs, attempts }: HedgedDialOptions
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const underWay = new Set<AbortController>()
    let timer: ReturnType<typeof setTimeout> | undefined
    let begun = 0
    let over = false

    const finish = (): void => {
      over = true
      clearTimeout(timer)
      for (const controller of underWay) controller.abort(new Error('another attempt was faster'))
    }

    const begin = (): void => {
      const controller = new AbortController()
      underWay.add(controller)
      if (++begun < attempts) timer = setTimeout(begin, delayMs)
      dial(AbortSignal.any([signal, controller.signal])).then(
        (connection) => {
          underWay.delete(controller)
          if (over) {
            connection.abort(new Error('another attempt was faster'))
            return
          }
          finish()
          resolve(connection)
        },
        (error: unknown) => {
          underWay.delete(controller)
          if (over || underWay.size > 0) return
          finish()
          reject(error)
        }
      )
    }
    begin()
  })
}
