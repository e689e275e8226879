import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Memory that neither V8 nor Node.js counts. */
export interface NativeMemory {
  /** Bytes that malloc has given out and not got back; what is free in its arenas is left out. */
  inUse(): number
  /** Never gives a KiB back. */
  leak(): void
}

const source = fileURLToPath(new URL('native-memory.c', import.meta.url))

/** Compiles what reads it. @returns `undefined` where there is no glibc, or no C compiler */
export function openNativeMemory(): NativeMemory | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'daa-native-memory-'))
  try {
    const library = join(folder, 'native-memory.node')
    execFileSync('cc', ['-shared', '-fPIC', '-o', library, source], { stdio: 'ignore' })
    const module: { readonly exports: Partial<NativeMemory> } = { exports: {} }
    process.dlopen(module, library)
    const { inUse, leak } = module.exports
    return inUse && leak && { inUse, leak }
  } catch {
    return undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
