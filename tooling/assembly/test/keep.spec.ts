import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { keepBinary } from '../src/index.ts'

const TARGET = 'binary.ts'

let path: string
let folder: URL

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'daa-assembly-'))
  folder = pathToFileURL(`${path}/`)
  await mkdir(join(path, 'assembly'))
  await writeSource('export function twice(n: i32): i32 { return 2 * n }')
})

afterEach(() => rm(path, { recursive: true, force: true }))

it('writes a module whose WebAssembly does what the source says', async () => {
  await keepBinary(folder, TARGET, { check: false })
  const { BINARY } = (await import(new URL(TARGET, folder).href)) as { BINARY: string }
  const memory = new WebAssembly.Memory({ initial: 1 })
  const { instance } = await WebAssembly.instantiate(Buffer.from(BINARY, 'base64'), {
    env: { memory }
  })
  expect((instance.exports['twice'] as (n: number) => number)(21)).toBe(42)
  await keepBinary(folder, TARGET, { check: true })
})

it('compiles another module than the first, which has imports of its own', async () => {
  await mkdir(join(path, 'assembly/more'))
  await writeSource(
    'import { four } from "./four"; export function twelve(): i32 { return 3 * four }',
    'more/index.ts'
  )
  await writeSource('export const four: i32 = 4', 'more/four.ts')
  await keepBinary(folder, TARGET, { check: false, entry: 'more/index.ts' })
  const { BINARY } = (await import(`${new URL(TARGET, folder).href}?more`)) as { BINARY: string }
  const { instance } = await WebAssembly.instantiate(Buffer.from(BINARY, 'base64'), {
    env: { memory: new WebAssembly.Memory({ initial: 1 }) }
  })
  expect((instance.exports['twelve'] as () => number)()).toBe(12)
  await expect(keepBinary(folder, TARGET, { check: true })).rejects.toThrow('npm run assembly')
})

it('refuses a module of other sources, and leaves it as it is', async () => {
  await keepBinary(folder, TARGET, { check: false })
  const before = await readFile(join(path, TARGET), 'utf8')
  await writeSource('export function twice(n: i32): i32 { return 3 * n }')
  await expect(keepBinary(folder, TARGET, { check: true })).rejects.toThrow('npm run assembly')
  expect(await readFile(join(path, TARGET), 'utf8')).toBe(before)
  await keepBinary(folder, TARGET, { check: false })
  expect(await readFile(join(path, TARGET), 'utf8')).not.toBe(before)
})

it('refuses a module that is not there', async () => {
  await expect(keepBinary(folder, TARGET, { check: true })).rejects.toThrow(TARGET)
})

it('says what does not compile', async () => {
  await writeSource('export function twice(n: i32): i32 { return m }')
  await expect(keepBinary(folder, TARGET, { check: false })).rejects.toThrow("'m'")
})

async function writeSource(text: string, name = 'index.ts'): Promise<void> {
  await writeFile(join(path, 'assembly', name), text)
}
