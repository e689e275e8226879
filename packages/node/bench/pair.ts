/**
 * Runs two loopback peers and reports one figure of them as a line of JSON.
 *
 *   node --conditions=source pair.ts <speed|memory> <mode> <values> <rounds>
 *
 * `speed`: MB/s of the tensor, from the median round of the slower peer.
 * `memory`: peak resident memory above the idle node, in multiples of the tensor.
 */
import { type ChildProcess, fork } from 'node:child_process'

interface Measured {
  readonly times: readonly number[]
  readonly idle: number
  readonly peak: number
}

const [figure = '', mode = '', values = '', rounds = ''] = process.argv.slice(2)
const script = new URL('loopback-peer.ts', import.meta.url)
const bytes = Number(values) * 4

const first = start()
const addresses = await new Promise<string[]>((resolve) =>
  first.once('message', (message) => resolve((message as { addresses: string[] }).addresses))
)
const [address = ''] = addresses
const measured = await Promise.all([first, start(address)].map(measure))
const reading =
  figure === 'speed'
    ? { value: bytes / 1e3 / Math.max(...measured.map(({ times }) => median(times))), unit: 'MB/s' }
    : {
        value: Math.max(...measured.map(({ idle, peak }) => (peak - idle) / bytes)),
        unit: 'tensors'
      }
console.log(JSON.stringify(reading))

function start(bootstrap?: string): ChildProcess {
  const args = [mode, values, rounds, ...(bootstrap === undefined ? [] : [bootstrap])]
  return fork(script, args, { execArgv: ['--conditions=source'] })
}

async function measure(child: ChildProcess): Promise<Measured> {
  const result = Promise.withResolvers<Measured>()
  child.on('message', (message) => {
    if ('times' in (message as object)) result.resolve(message as Measured)
  })
  child.once('exit', (code) => result.reject(new Error(`a peer ended with ${code}`)))
  return await result.promise
}

/** Without the first round, in which everything is new. */
function median(times: readonly number[]): number {
  const warm = times.length > 1 ? times.slice(1) : times
  const sorted = warm.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}
