import { DEFAULT_LIMITS, type IceServer, type TlsCertificate } from '@daa-compute/transport'
import { checkAdmissionFields } from './admission.ts'
import type { EncryptedIdentity, JoinOptions, SwarmConfig } from './config.ts'
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

const TLS: FieldNames<TlsCertificate> = { certificate: true, key: true }
const ICE_SERVER: FieldNames<IceServer> = { urls: true, username: true, credential: true }
const ENCRYPTED_IDENTITY: FieldNames<EncryptedIdentity> = { path: true, passphrase: true }

/** @throws {NodeError} `UNKNOWN_FIELD`, `BAD_CONFIG` */
export function checkConfig(config: SwarmConfig): void {
  checkFields('', config, CONFIG)
  const { tls, limits, iceServers, identity, admission } = config
  if (tls !== undefined) checkFields('tls', tls, TLS)
  if (limits !== undefined) checkFields('limits', limits, { ...DEFAULT_LIMITS })
  iceServers?.forEach((server, i) => checkFields(`iceServers.${i}`, server, ICE_SERVER))
  if (isPlain(identity) && ('path' in identity || 'passphrase' in identity)) {
    checkFields('identity', identity, ENCRYPTED_IDENTITY)
  }
  checkAdmissionFields(admission)
}

/** @throws {NodeError} `UNKNOWN_FIELD`, `BAD_CONFIG` */
export function checkJoinOptions(options: JoinOptions): void {
  checkFields('', options, JOIN)
  checkAdmissionFields(options.admission)
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
}
