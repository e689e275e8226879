import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { check, type Manifest, type SourceFile } from './check.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Paths from the root, with `/` between folders on every system. */
function find(pattern: string): string[] {
  return globSync(pattern, {
    cwd: root,
    exclude: ['**/node_modules/**', '**/dist/**', '**/fixtures/**']
  })
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
}

const files = find('{packages,apps,tooling}/*/**/*.{ts,mts,mjs}').map((path): SourceFile => ({
  path,
  text: readFileSync(join(root, path), 'utf8')
}))
const manifests = new Map(
  find('{packages,apps,tooling}/*/package.json').map((path) => [
    dirname(path),
    JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest
  ])
)

const findings = check(files, manifests)
for (const { path, line, message } of findings) console.error(`${path}:${line}: ${message}`)
console.log(`imports of ${files.length} files checked, ${findings.length} against the rules`)
if (findings.length > 0) process.exitCode = 1
