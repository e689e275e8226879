import { existsSync } from 'node:fs'

/** Where Debian's package puts it. */
const DEBIAN_CHROMIUM = '/usr/bin/chromium'

/** What headless Chromium needs to run anywhere, as root and without a GPU too. */
export const CHROMIUM_FLAGS: readonly string[] = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // WebRTC tells addresses as they are, not by names that multicast DNS resolves
  '--disable-features=WebRtcHideLocalIpsWithMdns'
]

let reported = false

/**
 * The Chromium that specs run in: `CHROMIUM_PATH`, or Debian's.
 *
 * @returns its path, or `undefined` where there is none; that is said once, and
 * under `CI=true` it is an error, so that no run passes there by testing less
 */
export function findChromium(): string | undefined {
  const path = process.env['CHROMIUM_PATH'] ?? DEBIAN_CHROMIUM
  if (existsSync(path)) return path
  const message =
    `No Chromium at ${path}, so no spec runs in a browser. ` +
    'Install one (Debian: apt-get install chromium) or name yours in CHROMIUM_PATH.'
  if (process.env['CI'] === 'true') throw new Error(message)
  if (!reported) console.warn(`SKIPPED: ${message}`)
  reported = true
  return undefined
}
