import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

import { compile, render } from '@daa-compute/assembly'

it('is what the sources compile to, byte for byte', async () => {
  const committed = await readFile(new URL('../src/simd/binary.ts', import.meta.url), 'utf8')
  expect(render(await compile(new URL('../', import.meta.url))) === committed).toBe(true)
})
