/**
 * The tables of `docs/robust.md`: which accuracy a swarm comes to in which some lie, by rule
 * and lie. A trial takes about a minute, is the same each time, and is kept when it is done:
 *
 *     npm run rule-table --prefix apps/trainer -- --peers 10 --liars 2 --rules median --lies sign,bias
 *
 * With `--check` nothing is kept: what the issue asks for is tried, and a miss is a failure.
 */
import { parseArgs } from 'node:util'
import {
  CHECKED,
  COLUMNS,
  isAsRequired,
  isSame,
  keepAccuracies,
  readAccuracies
} from './rule-accuracies.ts'
import { createTester, type Trial } from './rule-trial.ts'

const { values: flags } = parseArgs({
  options: {
    peers: { type: 'string', default: '10' },
    liars: { type: 'string', default: '2' },
    rules: { type: 'string' },
    lies: { type: 'string', default: COLUMNS.join(',') },
    check: { type: 'boolean', default: false }
  }
})

const [peers, liars] = [Number(flags.peers), Number(flags.liars)]
/** The mean of what peers bring where there is a rule is one that trims nothing. */
const RULES = [
  ...['mean', 'trimmed-mean:0', 'median', 'trimmed-mean:0.2'],
  ...[`krum:${liars}`, `multi-krum:${liars}:${peers - 2 * liars}`, 'centered-clip']
]
const rules = flags.rules?.split(',') ?? (flags.check ? CHECKED : RULES)
const lies = COLUMNS.filter((lie) => flags.lies.split(',').includes(lie))

/** Rules in the order of {@link RULES}, whatever their parameters are. */
const ROWS = ['mean', 'trimmed-mean:0', 'median', 'trimmed-mean', 'krum', 'multi-krum']
const rowOf = (rule: string): number =>
  [rule, rule.split(':')[0] ?? ''].map((name) => ROWS.indexOf(name)).find((row) => row !== -1) ??
  ROWS.length

const order = ({ peers: size, rule, lie }: Trial): number =>
  1000 * size + 10 * rowOf(rule) + COLUMNS.indexOf(lie)

const tester = await createTester()
let kept = flags.check ? [] : await readAccuracies()
for (const rule of rules) {
  for (const lie of lies) {
    const trial: Trial = { peers, liars, rule, lie }
    const done = { ...trial, accuracy: await tester(trial) }
    const isMissed = !isAsRequired(done)
    if (isMissed && flags.check) process.exitCode = 1
    const percent = (100 * done.accuracy).toFixed(2)
    process.stdout.write(
      `${liars} of ${peers}, ${rule}, ${lie}: ${percent}%${isMissed ? ', missed' : ''}\n`
    )
    if (flags.check) continue
    kept = [...kept.filter((one) => !isSame(one, trial)), done]
    await keepAccuracies(kept.toSorted((a, b) => order(a) - order(b)))
  }
}
