import type { Run } from '@daa-compute/node'
import { GONE_TIMEOUT_MS, LOOK_AGAIN_MS } from './constants.ts'
import { TrainerError } from './errors.ts'

/** How long a round has to wait for peers that have gone; see {@link watchPresence}. */
export interface Presence extends Disposable {
  /** Aborted when too few peers have been here for too long. */
  readonly signal: AbortSignal
  /** Looks again, after a try that failed. */
  look(): void
}

/**
 * Watches, while a round is called for, whether enough peers are there: tells when
 * there are not and no try is under way, gives them {@link GONE_TIMEOUT_MS} to come back, and
 * aborts then with a {@link TrainerError} `PEERS_GONE`.
 *
 * @param onWaiting told how many are here, when too few are or enough again
 */
export function watchPresence(
  run: Pick<Run, 'members' | 'on' | 'explain'>,
  needed: number,
  onWaiting?: (here: number, needed: number) => void
): Presence {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let again: NodeJS.Timeout | undefined
  let told = needed
  const look = (): void => {
    clearTimeout(again)
    const { state } = run.explain()
    const here = run.members.length
    // a try ends by itself; and whoever has the verdict of the last round may leave
    if (state === 'reducing' || state === 'deciding') {
      if (here < needed) again = setTimeout(look, LOOK_AGAIN_MS)
      return
    }
    const known = Math.min(here, needed)
    if (known !== told) onWaiting?.(here, needed)
    told = known
    if (here >= needed) {
      clearTimeout(timer)
      timer = undefined
    } else timer ??= setTimeout(giveUp, GONE_TIMEOUT_MS)
  }
  const giveUp = (): void => {
    const here = run.members.length
    controller.abort(
      new TrainerError(
        'PEERS_GONE',
        `only ${here} of at least ${needed} peers are left, and for ${GONE_TIMEOUT_MS / 1000} s ` +
          'none came back: start all peers again, or go on with fewer by --min-peers',
        { here, needed }
      )
    )
  }
  const endings = [run.on('member:up', look), run.on('member:down', look)]
  look()
  return {
    signal: controller.signal,
    look,
    [Symbol.dispose]() {
      clearTimeout(timer)
      clearTimeout(again)
      for (const end of endings) end()
    }
  }
}
