/**
 * The table of `docs/robust.md`: which accuracy a swarm comes to in which some lie, by rule
 * and lie. Peers are in one process, and every figure is the same each time.
 *
 *     npm run rule-table --prefix apps/trainer -- [peers [liars [rule…]]]
 */
import { DEFAULT_BATCH, DEFAULT_STEPS } from '../src/constants.ts'
import { LIES } from '../src/lies.ts'
import { perform } from '../src/perform.ts'

const [peers = '5', liars = '1', ...rules] = process.argv.slice(2)

/** Trimming nothing is the mean, of what peers bring where there is a rule. */
const RULES = ['mean', 'trimmed-mean:0', 'median', 'trimmed-mean:0.2', 'krum:1', 'multi-krum:1:3']

async function accuracyOf(rule: string, lie: (typeof LIES)[number] | undefined): Promise<string> {
  const { accuracy } = await perform({
    kind: 'together',
    shard: { index: 0, count: Number(peers) },
    steps: DEFAULT_STEPS,
    batch: DEFAULT_BATCH,
    seed: 1,
    deal: 'evenly',
    rule: rule === 'mean' ? undefined : rule,
    liars: lie === undefined ? 0 : Number(liars),
    lie
  })
  return `${(100 * accuracy).toFixed(1)}%`
}

process.stdout.write(`| rule | nobody lies | ${LIES.join(' | ')} |\n`)
process.stdout.write(`| --- | --- |${' --- |'.repeat(LIES.length)}\n`)
for (const rule of rules.length > 0 ? rules : [...RULES, 'centered-clip']) {
  const row = [`\`${rule}\``]
  for (const lie of [undefined, ...LIES]) row.push(await accuracyOf(rule, lie))
  process.stdout.write(`| ${row.join(' | ')} |\n`)
}
