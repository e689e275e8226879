/**
 * Type checks and runs the examples of README.md and of every package's README,
 * and compares what they print to what the comments behind `console.log` say.
 *
 * An example of a package runs with what that package can import; one of the
 * README at the top, with all published packages.
 *
 *   node tooling/examples/src/main.ts [word in the path of the READMEs]
 */

import { globSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { claimsOf, unmetClaims } from './claims.ts'
import { type Example, extractExamples, toModule } from './extract.ts'
import { run } from './run.ts'

/** Two peers that find each other and train a little take a few seconds. */
const RUN_TIMEOUT_MS = 30_000

/** All examples at once, on a slow machine. */
const CHECK_TIMEOUT_MS = 120_000

const root = fileURLToPath(new URL('../../..', import.meta.url))
const home = fileURLToPath(new URL('..', import.meta.url))
const bin = join(root, 'node_modules/.bin')

interface Placed {
  /** Path of the Markdown file, from the root. */
  readonly readme: string
  readonly example: Example
  readonly module: string
}

const [word = ''] = process.argv.slice(2)
const readmes = ['README.md', ...globSync('{packages,apps}/*/README.md', { cwd: root })]
  .filter((path) => path.includes(word))
  .toSorted()

const scratch: string[] = []
let failures = 0
try {
  const placed = (await Promise.all(readmes.map(place))).flat()
  const wrong = await typecheck(placed)
  if (wrong !== undefined) fail('the examples do not type check', wrong)
  const runnable = placed.filter(({ example }) => example.runs)
  for (const { readme, example, module } of runnable) {
    const name = `${readme}:${example.line}`
    const startedAt = performance.now()
    const { ok, output } = await run(join(bin, 'node'), ['--conditions=source', module], {
      cwd: dirname(module),
      timeoutMs: RUN_TIMEOUT_MS
    })
    const unmet = ok ? unmetClaims(claimsOf(example.code), output) : []
    if (!ok) fail(name, rename(output, placed))
    else if (unmet.length > 0) fail(name, `does not print ${unmet.join(', nor ')}, but\n${output}`)
    else console.log(`ok ${name} (${Math.round(performance.now() - startedAt)} ms)`)
  }
  console.log(
    `${placed.length} examples type checked, ${runnable.length} run, ${failures} failures`
  )
} finally {
  await Promise.all(scratch.map((folder) => rm(folder, { recursive: true, force: true })))
}
if (failures > 0) process.exitCode = 1

/** Writes the examples of one README as modules, where they can import what they may. */
async function place(readme: string): Promise<Placed[]> {
  let markdown: string
  try {
    markdown = await readFile(join(root, readme), 'utf8')
  } catch (error) {
    fail(readme, String(error))
    return []
  }
  let examples: Example[]
  try {
    examples = extractExamples(markdown)
  } catch (error) {
    fail(readme, String(error))
    return []
  }
  if (examples.length === 0) return []
  const owner = dirname(readme)
  const folder = await mkdtemp(join(owner === '.' ? home : join(root, owner), '.examples-'))
  scratch.push(folder)
  return Promise.all(
    examples.map(async (example): Promise<Placed> => {
      const module = join(folder, `line-${example.line}.ts`)
      await writeFile(module, toModule(example))
      return { readme, example, module }
    })
  )
}

/** @returns what the compiler has against the examples, or `undefined` */
async function typecheck(placed: readonly Placed[]): Promise<string | undefined> {
  if (placed.length === 0) return undefined
  const folder = await mkdtemp(join(home, '.examples-'))
  scratch.push(folder)
  const config = {
    extends: join(root, 'tooling/tsconfig/base.json'),
    files: placed.map(({ module }) => module),
    compilerOptions: {
      types: ['node'],
      typeRoots: [join(home, 'node_modules/@types')],
      moduleDetection: 'force',
      declaration: false,
      isolatedDeclarations: false,
      // an example may show a name without using it
      noUnusedLocals: false,
      noUnusedParameters: false
    }
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const { ok, output } = await run(join(bin, 'tsc'), ['-p', folder, '--pretty', 'false'], {
    cwd: root,
    timeoutMs: CHECK_TIMEOUT_MS
  })
  return ok ? undefined : rename(output, placed)
}

/** Says README.md where a tool says the module that stands for it; lines are the same. */
function rename(output: string, placed: readonly Placed[]): string {
  let renamed = output
  for (const { readme, module } of placed) {
    renamed = renamed.replaceAll(module, readme).replaceAll(relative(root, module), readme)
  }
  return renamed
}

function fail(what: string, why: string): void {
  failures++
  console.error(`FAILED ${what}\n${why.trimEnd().replaceAll(/^/gm, '  ')}`)
}
