import { expect, it } from 'vitest'

/** The implementations that a page with a content security policy comes to use. */
async function implementationsUnder(policy: string): Promise<unknown> {
  const frame = document.createElement('iframe')
  const answer = new Promise<unknown>((resolve) => {
    window.addEventListener('message', ({ data, source }) => {
      if (source === frame.contentWindow) resolve(data)
    })
  })
  const module = new URL('../../src/index.ts', import.meta.url).href
  frame.srcdoc = `
    <meta http-equiv="Content-Security-Policy" content="script-src 'self' 'unsafe-inline' ${policy}">
    <script type="module">
      import { createPrimitives, createRecordCiphers } from ${JSON.stringify(module)}
      parent.postMessage([
        createRecordCiphers().implementation,
        createPrimitives().chaCha20Poly1305.implementation,
        createPrimitives().mlKem768.implementation
      ], '*')
    </script>`
  document.body.append(frame)
  try {
    return await answer
  } finally {
    frame.remove()
  }
}

it('uses WebAssembly where the policy permits it, and JavaScript elsewhere', async () => {
  expect(await implementationsUnder("'wasm-unsafe-eval'")).toEqual(['wasm', 'wasm', 'wasm'])
  expect(await implementationsUnder('')).toEqual(['portable', 'portable', 'portable'])
})
