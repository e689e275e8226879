import { globSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { constants, cpus } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

import type { Stopwatch } from './measure.ts'
import { type Row, runSuite } from './run-suite.ts'
import { select } from './select.ts'
import { collectCases, type Suite, takeSuites } from './suite.ts'
import { formatTable } from './table.ts'

const USAGE =
  'usage: npm run bench -- [--filter word] [--samples n] [--json file] [--check] [--list]'

const root = fileURLToPath(new URL('../../..', import.meta.url))

const stopwatch: Stopwatch = {
  now: () => performance.now(),
  collect: () => {
    globalThis.gc?.()
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // an orderly exit, at which running programs are ended
  process.on(signal, () => process.exit(128 + constants.signals[signal]))
}

const { check, filter, json, list, samples } = readArguments()
const rows: Row[] = []
let failed = false

for (const path of globSync(['{packages,apps}/*/bench/*.bench.ts', 'bench/*.bench.ts'], {
  cwd: root
}).toSorted()) {
  await import(pathToFileURL(join(root, path)).href)
  for (const suite of takeSuites()) await runOne(path, suite)
}
if (json !== undefined) await writeFile(resolve(json), `${JSON.stringify(rows, undefined, 2)}\n`)
if (rows.length === 0 && !list && !failed) {
  console.error(
    filter === '' ? 'there are no benchmarks' : `no benchmark has ${filter} in its name`
  )
  failed = true
}
const missed = rows.filter(({ met }) => met === false)
if (missed.length > 0) {
  const names = missed.map(({ suite, name, must }) => `${suite}: ${name}: ${must}`)
  console.error(`\nMISSED\n${names.join('\n')}`)
  failed ||= check
}
if (failed) process.exitCode = 1

async function runOne(path: string, suite: Suite): Promise<void> {
  try {
    const cases = select(`${path} ${suite.name}`, collectCases(suite, stopwatch), filter)
    if (cases.cases.length === 0) return
    if (list) {
      for (const { name } of cases.cases) console.log(`${path}: ${suite.name}: ${name}`)
      return
    }
    const count = samples ?? suite.samples
    const found = await runSuite(suite.name, cases, count, (taken) => progress(suite, taken, count))
    rows.push(...found)
    console.log(`\n${suite.name}, ${count} samples each\n\n${formatTable(found)}`)
  } catch (error) {
    failed = true
    console.error(`\nFAILED ${path}: ${suite.name}\n`, error)
  }
}

/** One line that is written over, and only where somebody watches. */
function progress({ name }: Suite, taken: number, of: number): void {
  if (!process.stderr.isTTY) return
  process.stderr.write(taken === of ? '\r\u001B[K' : `\r\u001B[K${name}: ${taken} of ${of}`)
}

function readArguments(): {
  check: boolean
  filter: string
  json: string | undefined
  list: boolean
  samples: number | undefined
} {
  try {
    const { values } = parseArgs({
      // pnpm hands on the dashes that npm swallows
      args: process.argv.slice(2).filter((arg) => arg !== '--'),
      options: {
        check: { type: 'boolean', default: false },
        filter: { type: 'string', default: '' },
        json: { type: 'string' },
        list: { type: 'boolean', default: false },
        samples: { type: 'string' }
      }
    })
    const wanted = values.samples === undefined ? undefined : Number(values.samples)
    if (wanted !== undefined && !(Number.isInteger(wanted) && wanted > 0)) {
      throw new TypeError(`--samples needs a whole number above zero, not ${values.samples}`)
    }
    console.error(
      `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}`
    )
    return { ...values, json: values.json, samples: wanted }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
    process.exit(2)
  }
}
