import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { check, type Manifest, type SourceFile } from './check.ts'
import { checkLinks } from './links.ts'

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

function read(pattern: string): SourceFile[] {
  return find(pattern).map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

const files = read('{packages,apps,tooling}/*/**/*.{ts,mts,mjs}')
const pages = read('{*.md,docs/**/*.md,{packages,apps}/**/*.md,tooling/**/*.md}')
const manifests = new Map(
  find('{packages,apps,tooling}/*/package.json').map((path) => [
    dirname(path),
    JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest
  ])
)

const findings = [
  ...check(files, manifests),
  ...checkLinks(pages, (path) => existsSync(join(root, path)))
]
for (const { path, line, message } of findings) console.error(`${path}:${line}: ${message}`)
console.log(
  `imports of ${files.length} files and links of ${pages.length} pages checked, ${findings.length} against the rules`
)
if (findings.length > 0) process.exitCode = 1
