import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const bin = join(root, 'node_modules/.bin')

/** Code that must be refused: where it stands, by which rule, and the code. */
const REFUSED: readonly (readonly [path: string, rule: string, code: string])[] = [
  ...[
    'Date.now()',
    'new Date()',
    'performance.now()',
    'setTimeout(() => {}, 1)',
    'setInterval(() => {}, 1)',
    'setImmediate(() => {})',
    'globalThis.setTimeout(() => {}, 1)',
    'crypto.getRandomValues(new Uint8Array(1))',
    'crypto.subtle.digest("SHA-256", new Uint8Array(1))',
    'new Worker("x")'
  ].map(
    (code) =>
      ['packages/allreduce/src', 'no-restricted-globals', `export const x = ${code}`] as const
  ),
  ...['compression', 'routing', 'simnet', 'state', 'training', 'wire', 'discovery/src/core'].map(
    (name) =>
      [
        name.includes('/') ? `packages/${name}` : `packages/${name}/src`,
        'no-restricted-globals',
        'export const x = Date.now()'
      ] as const
  ),
  ['packages/allreduce/src', 'no-restricted-properties', 'export const x = Math.random()'],
  ['packages/allreduce/src', 'no-restricted-properties', 'export const x = AbortSignal.timeout(1)'],
  [
    'packages/transport/src',
    'no-floating-promises',
    'export function f(): void { g() }\nasync function g(): Promise<void> {}'
  ],
  ['packages/transport/src', 'no-misused-promises', 'export const x = [1].forEach(async () => {})'],
  ['packages/transport/src', 'no-explicit-any', 'export let x: any'],
  ['packages/transport/src', 'ban-ts-comment', '// @ts-ignore\nexport const x = 1'],
  ['packages/transport/src', 'only-throw-error', 'export function f(): void { throw "x" }'],
  ['packages/transport/src', 'no-default-export', 'export default 1'],
  ['packages/transport/src', 'no-console', 'console.log(1)'],
  [
    'packages/transport/src',
    'switch-exhaustiveness-check',
    'export function f(x: "a" | "b"): void { switch (x) { case "a": } }'
  ]
]

/** Code that must pass, though it looks like the above. */
const ACCEPTED: readonly (readonly [path: string, code: string])[] = [
  ['packages/transport/src', 'export const x = Date.now()'],
  ['packages/allreduce/test', 'export const x = performance.now()'],
  ['packages/discovery/src/libp2p', 'export const x = Date.now()'],
  ['packages/allreduce/src', 'export const f = (clock: { now(): number }): number => clock.now()'],
  ['packages/allreduce/src', 'export const f = (crypto: { a: number }): number => crypto.a']
]

interface Report {
  readonly diagnostics: readonly { readonly filename: string; readonly code: string }[]
}

describe('the configuration of oxlint', () => {
  let folder = ''
  let codesByFile: ReadonlyMap<string, readonly string[]> = new Map()

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daa-house-'))
    await cp(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'))
    await cp(join(root, 'tooling/tsconfig/base.json'), join(folder, 'tsconfig.json'))
    const write = async (path: string, code: string): Promise<void> => {
      const file = join(folder, path)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, `${code}\n`)
    }
    await Promise.all([
      ...REFUSED.map(([path, , code], i) => write(`${path}/refused-${i}.ts`, code)),
      ...ACCEPTED.map(([path, code], i) => write(`${path}/accepted-${i}.ts`, code))
    ])
    const { diagnostics } = JSON.parse(await oxlint(folder)) as Report
    codesByFile = new Map(
      [...Map.groupBy(diagnostics, ({ filename }) => filename.replaceAll('\\', '/'))].map(
        ([file, found]) => [file, found.map(({ code }) => code)]
      )
    )
  }, 60_000)

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  it.each(REFUSED.map(([path, rule, code], i) => ({ path, rule, code, i })))(
    'refuses by $rule in $path: $code',
    ({ path, rule, i }) => {
      expect(codesByFile.get(`${path}/refused-${i}.ts`)).toContainEqual(
        expect.stringContaining(`(${rule})`)
      )
    }
  )

  it.each(ACCEPTED.map(([path, code], i) => ({ path, code, i })))(
    'accepts in $path: $code',
    ({ path, i }) => {
      expect(codesByFile.get(`${path}/accepted-${i}.ts`)).toBeUndefined()
    }
  )
})

/** @returns what it found, as JSON; finding something is not an error here */
function oxlint(cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      join(bin, 'oxlint'),
      ['--type-aware', '--format=json'],
      // the linter finds its type checker by PATH
      {
        cwd,
        maxBuffer: 2 ** 24,
        env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}` }
      },
      (error, stdout, stderr) => {
        if (stdout.startsWith('{')) resolve(stdout)
        else reject(new Error(`oxlint said no JSON: ${stdout}${stderr}`, { cause: error }))
      }
    )
  })
}
