import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { platform } from 'node:os'
import { createInterface } from 'node:readline'

/** A running coturn on loopback. */
export interface TurnServer {
  /** Host and port, over UDP. */
  readonly host: string
  /** Bytes from and to its clients, as far as it has told: at the latest it does when they leave. */
  carried(): number
  /** How often a password was wrong. */
  refused(): number
  stop(): Promise<void>
}

/** Whom it serves. */
export const TURN_USER = { username: 'alice', credential: 'secret' }

/**
 * The coturn that tests run: the one on the `PATH`.
 *
 * @returns whether there is one; if not, that is said, and under `CI=true` it is an
 * error, so that no run passes there by testing less
 */
export function hasTurnServer(): boolean {
  // where every address that begins with 127 is this machine
  const isLinux = platform() === 'linux'
  if (isLinux && spawnSync('turnserver', ['--version']).error === undefined) return true
  const message =
    'No turnserver on the PATH of a Linux, so nothing is tested through TURN. ' +
    'Install coturn (Debian: apt-get install coturn).'
  if (process.env['CI'] === 'true') throw new Error(message)
  console.warn(`SKIPPED: ${message}`)
  return false
}

/** What coturn 4.6 writes to its log: bytes from and to a client, and that it knows no such one. */
const USAGE = /\d: usage: .*username=<alice>.*\brb=(\d+).*\bsb=(\d+)/
const REFUSAL = /check_stun_auth: .* incorrect/

/**
 * Starts one that listens on a free port. It carries from an address that its clients
 * do not have: who may send to one of its ports goes by addresses without ports, and
 * they would find a way around it.
 */
export async function startTurnServer(): Promise<TurnServer> {
  const port = await freePort()
  const { username, credential } = TURN_USER
  const flags = [
    ['-n', '--no-cli', '--no-tls', '--no-dtls', '--no-tcp', '--allow-loopback-peers'],
    ['--listening-ip=127.0.0.1', `--listening-port=${port}`, '--relay-ip=127.0.0.2'],
    ['--lt-cred-mech', '--realm=test', `--user=${username}:${credential}`],
    ['--log-file=stdout', '--verbose', '--pidfile=/dev/null', '--userdb=/dev/null']
  ].flat()
  const child = spawn('turnserver', flags, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  let carried = 0
  let refused = 0
  const listening = Promise.withResolvers<void>()
  createInterface(child.stdout).on('line', (line) => {
    const [, received, sent] = USAGE.exec(line) ?? []
    carried += Number(received ?? 0) + Number(sent ?? 0)
    if (REFUSAL.test(line)) refused++
    if (/listener opened on/i.test(line)) listening.resolve()
  })
  await Promise.race([
    listening.promise,
    ended.then(() => {
      throw new Error('coturn ended before it listened')
    })
  ])
  return {
    host: `127.0.0.1:${port}`,
    carried: () => carried,
    refused: () => refused,
    async stop() {
      child.kill('SIGKILL')
      await ended
    }
  }
}

/** One that was free just now: coturn takes 0 for its usual one. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await once(socket.bind(0, '127.0.0.1'), 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}
