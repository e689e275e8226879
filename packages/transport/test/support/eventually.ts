import { vi } from 'vitest'

/** Waits until a check passes: as long as a slow machine may take, and no longer than it does. */
export function eventually(check: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(check, { interval: 5, timeout: 15_000 })
}
