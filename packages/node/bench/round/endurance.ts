/**
 * Sixteen processes in continuous small rounds, half of them killed one after
 * another, over a minute unless told otherwise; says what became of it.
 *
 *   node --conditions=source endurance.ts [seconds]
 */
import { endure } from '../../test/processes/endure.ts'

const seconds = Number(process.argv[2] ?? 60)
const kills = 8
const { rounds, conflicts, rejected, recoveriesMs } = await endure({
  peers: 16,
  kills,
  killAfterMs: (seconds * 1000) / kills,
  roundEveryMs: 0,
  length: 256
})
console.log(`16 peers, ${kills} killed within ${seconds} s: ${rounds} rounds`)
console.log(`rounds that survivors disagree on: ${conflicts.join(', ') || 'none'}`)
console.log(`calls rejected: ${JSON.stringify(rejected)}`)
console.log(
  `ms from a kill to a round without its victim: ${recoveriesMs.map(Math.round).join(' ')}`
)
if (conflicts.length > 0) process.exitCode = 1
