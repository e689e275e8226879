import { SimnetError, type SimWait } from './errors.ts'

/** What is known at the end of a run that got nowhere. */
export interface Findings {
  readonly seed: string
  readonly nowMs: number
  /** Who waits for what. */
  readonly waits: readonly SimWait[]
  /** Faults that are in effect, a sentence each. */
  readonly faults: readonly string[]
}

export function deadlockError(findings: Findings): SimnetError {
  const { seed, nowMs, waits, faults } = findings
  return new SimnetError(
    'DEADLOCK',
    `the run has not settled and nothing is left that could happen (seed ${seed}, ` +
      `${nowMs.toFixed(3)} ms): everything waits for everything, or for something outside the ` +
      'simulation (real timers, I/O, import(), compiling WebAssembly: do these before run). ' +
      describe(findings),
    { seed, nowMs, waits, faults }
  )
}

export function timeLimitError(findings: Findings, limit: number): SimnetError {
  const { seed, waits, faults } = findings
  return new SimnetError(
    'TIME_LIMIT',
    `the run took more than ${limit} ms of virtual time (seed ${seed}): it waits for something ` +
      `that does not come, or needs a larger maxVirtualMs. ${describe(findings)}`,
    { seed, limit, waits, faults }
  )
}

export function eventLimitError(findings: Findings, limit: number): SimnetError {
  const { seed, nowMs, waits, faults } = findings
  return new SimnetError(
    'EVENT_LIMIT',
    `the run took more than ${limit} events by ${nowMs.toFixed(3)} ms (seed ${seed}): it goes ` +
      `round in circles, or needs a larger maxEvents. ${describe(findings)}`,
    { seed, limit, waits, faults }
  )
}

export function alreadyRunningError(seed: string): SimnetError {
  return new SimnetError(
    'ALREADY_RUNNING',
    'run was called during another run of the same simnet: await the first one, or start both ' +
      'parts inside one run with Promise.all',
    { seed }
  )
}

/** Waits a message lists; the error's detail has all of them. */
const SHOWN_WAITS = 20

function describe({ waits, faults }: Findings): string {
  const lines = waits
    .slice(0, SHOWN_WAITS)
    .map(
      ({ peer, operation, remote, protocol, sinceMs }) =>
        `\n  ${peer} waits in ${operation} on ${protocol} with ${remote} since ${sinceMs.toFixed(3)} ms`
    )
  if (waits.length > SHOWN_WAITS) lines.push(`\n  and ${waits.length - SHOWN_WAITS} more`)
  const waiting = waits.length === 0 ? 'Nobody waits on a channel.' : `Waiting:${lines.join('')}`
  if (faults.length === 0) return waiting
  return `${waiting}\nFaults in effect:${faults.map((fault) => `\n  ${fault}`).join('')}`
}
