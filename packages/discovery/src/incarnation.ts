let last = 0

/**
 * A number for {@link RunDirectoryInit.incarnation}: microseconds of the wall
 * clock, and greater than every one this process got before. A process that
 * starts after another one has ended gets a greater number too, unless the
 * machine's clock was set back.
 */
export function wallClockIncarnation(): number {
  last = Math.max(last + 1, Date.now() * 1000)
  return last
}
