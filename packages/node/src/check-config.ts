import type { Budget } from '@daa-compute/interface'
import { DEFAULT_LIMITS, type IceServer, type TlsCertificate } from '@daa-compute/transport'
import { checkAdmissionFields } from './admission.ts'
import type { EncryptedIdentity, GridOptions, JoinOptions, SwarmConfig } from './config.ts'
import { NodeError } from './errors.ts'
import { checkFields, type FieldNames } from './known-fields.ts'

const CONFIG: FieldNames<SwarmConfig> = {
  environment: true,
  listenAddresses: true,
  tls: true,
  iceServers: true,
  iceTransportPolicy: true,
  postQuantum: true,
  bootstrapNodes: true,
  enableMdns: true,
  identity: true,
  runId: true,
  codec: true,
  compressionLevel: true,
  minPeers: true,
  admission: true,
  capabilities: true,
  limits: true,
  budget: true,
  thread: true,
  logger: true,
  metrics: true
}

const JOIN: FieldNames<JoinOptions> = {
  signal: true,
  algorithm: true,
  minPeers: true,
  patienceMs: true,
  formTimeoutMs: true,
  suspectAfterMs: true,
  quorumLossMs: true,
  onQuorumLoss: true,
  enterLate: true,
  codec: true,
  resultCodec: true,
  errorFeedback: true,
  admission: true,
  filter: true
}

const GRID: FieldNames<GridOptions> = {
  signal: true,
  groupSize: true,
  dimensions: true,
  coordinates: true,
  gatherMs: true,
  algorithm: true,
  codec: true,
  admission: true,
  filter: true
}

const TLS: FieldNames<TlsCertificate> = { certificate: true, key: true }
const ICE_SERVER: FieldNames<IceServer> = { urls: true, username: true, credential: true }
const BUDGET: FieldNames<Budget> = {
  uploadBitsPerSecond: true,
  downloadBitsPerSecond: true,
  memoryBytes: true,
  metered: true
}
const ENCRYPTED_IDENTITY: FieldNames<EncryptedIdentity> = { path: true, passphrase: true }

/** @throws {NodeError} `UNKNOWN_FIELD`, `BAD_CONFIG` */
export function checkConfig(config: SwarmConfig): void {
  checkFields('', config, CONFIG)
  const { tls, limits, budget, iceServers, identity, admission } = config
  if (tls !== undefined) checkFields('tls', tls, TLS)
  if (limits !== undefined) checkFields('limits', limits, { ...DEFAULT_LIMITS })
  if (budget !== undefined) checkBudget(budget)
  checkAddresses('listenAddresses', config.listenAddresses)
  checkAddresses('bootstrapNodes', config.bootstrapNodes)
  iceServers?.forEach((server, i) => checkFields(`iceServers.${i}`, server, ICE_SERVER))
  if (isPlain(identity) && ('path' in identity || 'passphrase' in identity)) {
    checkFields('identity', identity, ENCRYPTED_IDENTITY)
    checkEncrypted(identity)
  }
  checkAdmissionFields(admission)
  const thread: unknown = config.thread ?? false
  if (typeof thread !== 'boolean') {
    throw new NodeError('BAD_CONFIG', 'thread has to be true or false', {
      field: 'thread',
      value: thread
    })
  }
}

/** An address that an environment lacks, say, is `undefined`. */
function checkAddresses(field: string, addresses: unknown): void {
  if (addresses === undefined) return
  const isList = Array.isArray(addresses)
  const value: unknown = isList ? addresses.find((one) => typeof one !== 'string') : addresses
  if (isList && addresses.every((one) => typeof one === 'string')) return
  const message = `${field} is a list of multiaddrs as texts${isList ? ', and one of them is none' : ''}: write them like /ip4/192.0.2.1/tcp/9000`
  throw new NodeError('BAD_CONFIG', message, { field, value })
}

/** A passphrase that is `undefined` would have the key lie in the file as it is. */
function checkEncrypted({
  path,
  passphrase
}: Partial<Record<keyof EncryptedIdentity, unknown>>): void {
  if (typeof path === 'string' && /^(?:string|function)$/.test(typeof passphrase)) return
  const message =
    'identity as { path, passphrase } has to have both; for a key file that is not encrypted give its path alone'
  throw new NodeError('BAD_CONFIG', message, { field: 'identity', value: undefined })
}

/** Before anything is started that would have to be stopped again. */
function checkBudget(budget: Budget): void {
  checkFields('budget', budget, BUDGET)
  const { metered, ...amounts } = budget
  for (const [name, value] of Object.entries<unknown>(amounts)) {
    if (value === undefined || (typeof value === 'number' && value > 0)) continue
    const message = `budget.${name} is a number above 0, not ${JSON.stringify(value)}; to send as little as possible set budget.metered`
    throw new NodeError('BAD_CONFIG', message, { field: `budget.${name}`, value })
  }
  if (metered !== undefined && typeof metered !== 'boolean') {
    const message = `budget.metered is true or false, not ${JSON.stringify(metered)}`
    throw new NodeError('BAD_CONFIG', message, { field: 'budget.metered', value: metered })
  }
}

/** @throws {NodeError} `UNKNOWN_FIELD`, `BAD_CONFIG` */
export function checkJoinOptions(options: JoinOptions): void {
  checkFields('', options, JOIN)
  checkAdmissionFields(options.admission)
}

/** @throws {NodeError} `UNKNOWN_FIELD`, `BAD_CONFIG` */
export function checkGridOptions(options: GridOptions): void {
  checkFields('', options, GRID)
  checkAdmissionFields(options.admission)
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
}
