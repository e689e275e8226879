import { createHash, createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { CHROMIUM_FLAGS } from '@daa-compute/vitest/chromium'
import { chromium } from 'playwright'
import type { TlsCertificate } from '../../src/index.ts'
import { bundleForBrowser } from './browser-bundle.ts'
import type { PagePeer, startPeer } from './page-peer.ts'

/** A peer in a tab, as seen from here. */
export type TabPeer = {
  readonly [Name in keyof PagePeer]: (
    ...parameters: Parameters<PagePeer[Name]>
  ) => Promise<Awaited<ReturnType<PagePeer[Name]>>>
}

/** A Chromium of its own, with tabs of an `https:` origin. */
export interface Tabs {
  /** Opens a tab with a peer that listens there. */
  open(...parameters: Parameters<typeof startPeer>): Promise<TabPeer>
  close(): Promise<void>
}

/**
 * Starts a Chromium, and the server of its pages.
 *
 * @param tls what the pages are served with; Chromium is told to trust it, and nothing else
 */
export async function startTabs(executablePath: string, tls: TlsCertificate): Promise<Tabs> {
  const { files, entry } = await bundleForBrowser(
    `export { startPeer } from './test/support/page-peer.ts'`
  )
  const server = createServer(
    { cert: tls.certificate, key: tls.key },
    ({ url = '/' }, response) => {
      const code = files.get(url.slice(1))
      response.setHeader('content-type', code === undefined ? 'text/html' : 'text/javascript')
      response.end(code ?? '<!doctype html><title>peer</title>')
    }
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const browser = await chromium.launch({
    executablePath,
    args: [...CHROMIUM_FLAGS, `--ignore-certificate-errors-spki-list=${publicKeyHash(tls)}`]
  })
  const context = await browser.newContext()
  return {
    async open(listen) {
      const page = await context.newPage()
      await page.goto(origin)
      const module = JSON.stringify(`/${entry}`)
      await page.evaluate(
        `import(${module}).then(async ({ startPeer }) => {
          globalThis.peer = await startPeer(${JSON.stringify(listen)})
        })`
      )
      const call = (name: keyof PagePeer, parameters: readonly unknown[]): Promise<unknown> =>
        page.evaluate(`peer.${name}(...${JSON.stringify(parameters)})`)
      return new Proxy({} as TabPeer, {
        // a promise of a tab is not to be taken for one of its methods
        get: (_, name) =>
          name === 'then'
            ? undefined
            : (...parameters: unknown[]) => call(name as keyof PagePeer, parameters)
      })
    },
    async close() {
      await browser.close()
      server.close()
      server.closeAllConnections()
    }
  }
}

/** As Chromium wants it: SHA-256 of the key's DER, in base64. */
function publicKeyHash({ certificate }: TlsCertificate): string {
  const key = createPublicKey(certificate).export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(key).digest('base64')
}
