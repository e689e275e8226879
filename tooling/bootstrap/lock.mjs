// A lock file that lets one process at a time install. Whoever holds it touches
// it every second; how long ago that was tells the others whether it still lives,
// whatever the file contains and whatever process number that was: numbers come
// again, and another container that shares this folder counts its own.

import { randomUUID } from 'node:crypto'
import {
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** How often a holder touches its lock, in milliseconds. */
const TOUCH_MS = 1_000

/**
 * Age at which a lock counts as left behind, in milliseconds: many touches, in
 * case the machine is so busy that a few are late.
 */
const STALE_MS = 10_000

/** The same for a lock whose holder cannot be seen here: it has missed some touches, too. */
const STALE_WITHOUT_HOLDER_MS = 3_000

/** How often a process that waits looks, in milliseconds. */
const POLL_MS = 200

/**
 * Waits until no other process holds the lock, and takes it.
 *
 * @param {string} path of the lock file; its folder exists
 * @param {() => void} onWaiting called once if it has to wait
 * @returns {Promise<() => void>} lets the next one in; also called when this process exits
 */
export async function takeLock(path, onWaiting) {
  let waiting = false
  for (;;) {
    const release = tryLock(path)
    if (release !== undefined) return release
    const found = look(path)
    if (found === undefined) continue
    if (isStale(found)) {
      reclaim(path, found.text)
      continue
    }
    if (!waiting) onWaiting()
    waiting = true
    await delay(POLL_MS)
  }
}

/** Takes the lock if nobody has it. */
function tryLock(path) {
  const mine = `${process.pid} ${randomUUID()}`
  try {
    writeFileSync(path, mine, { flag: 'wx' })
  } catch (error) {
    if (error.code === 'EEXIST') return undefined
    throw error
  }
  const touch = () => {
    if (look(path)?.text !== mine) return
    const now = new Date()
    try {
      utimesSync(path, now, now)
    } catch {
      // gone this very moment
    }
  }
  const timer = setInterval(touch, TOUCH_MS).unref()
  const release = () => {
    clearInterval(timer)
    process.off('exit', release)
    // who slept through STALE_MS may have lost it to another
    if (look(path)?.text === mine) rmSync(path, { force: true })
  }
  process.once('exit', release)
  return release
}

/** What the lock says and when it was touched; `undefined` if there is none. */
function look(path) {
  try {
    return { touched: statSync(path).mtimeMs, text: readFileSync(path, 'utf8') }
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

function isStale({ touched, text }) {
  // a touch in the future was made before somebody set the clock back
  const age = Math.abs(Date.now() - touched)
  return age > STALE_MS || (age > STALE_WITHOUT_HOLDER_MS && !isAlive(Number.parseInt(text, 10)))
}

/** Whether the process is there. It is not if it has our own number: we hold nothing yet. */
function isAlive(pid) {
  // without a number only the age tells
  if (!(pid > 0)) return true
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/**
 * Removes a lock that was left behind. Several may have come to that at once, and
 * the first of them may hold a new lock already: so it is moved away, which only
 * one can do to one file, and put back if it is not the one that was meant.
 *
 * @param {string} path
 * @param {string} text what the lock said when it was found stale
 */
export function reclaim(path, text) {
  const aside = `${path}.${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (error.code === 'ENOENT') return
    throw error
  }
  try {
    // unlike a rename, a link never replaces what is there
    if (readFileSync(aside, 'utf8') !== text) linkSync(aside, path)
  } catch {
    // a third has taken it by now, or this file system has no links
  } finally {
    rmSync(aside, { force: true })
  }
}
