import { systemClock } from '@daa-compute/transport'
/**
 * Measures a joiner of 64 MiB with three donors in processes of their own, over TCP:
 * one serves wrong blocks, one is stopped (SIGSTOP) when half of it is there. Reports
 * how many times longer it took than a plain transfer of the same bytes, measured
 * between the same processes right before: the first half from two, the rest from one.
 *
 *   node --conditions=source measure.ts <bits per second of each donor>
 */
import { startDonors } from '../../test/donors/donors.ts'
import { takePlainly } from '../../test/donors/plain-transfer.ts'
import { fillWeights } from '../../test/donors/weights.ts'

const VALUES = 16 * 1024 * 1024
const BYTES = 4 * VALUES

const bitsPerSecond = Number(process.argv[2])
await using swarm = await startDonors({
  values: VALUES,
  bitsPerSecond,
  kinds: ['honest', 'liar', 'honest']
})
const { connector, donors, joiner, weights } = swarm
const [honest, , stopping] = donors
if (honest === undefined || stopping === undefined) throw new Error('there are no donors')

const plainMs = await timed(async () => {
  await Promise.all([honest, stopping].map(({ id }) => takePlainly(connector, id, BYTES / 4)))
  await takePlainly(connector, honest.id, BYTES / 2)
})
let isStopped = false
const joinMs = await timed(async () => {
  await joiner.catchUp({
    onProgress({ bytesDone }) {
      if (isStopped || bytesDone < BYTES / 2) return
      isStopped = true
      stopping.signal('SIGSTOP')
    }
  })
})
const expected = fillWeights(VALUES)
if (!weights.every((value, i) => value === expected[i])) throw new Error('the state is wrong')
console.error(`plain ${plainMs.toFixed(0)} ms, joined ${joinMs.toFixed(0)} ms`)
console.log(JSON.stringify({ value: joinMs / plainMs, unit: '× plain' }))

async function timed(task: () => Promise<void>): Promise<number> {
  const start = systemClock.now()
  await task()
  return systemClock.now() - start
}
