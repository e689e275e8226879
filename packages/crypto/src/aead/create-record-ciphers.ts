import { nativeRecordCiphers } from '#native'
import { CryptoError } from '../errors.ts'
import { fromHex, toHex } from '../hex.ts'
import { portableAead } from '../portable/aead.ts'
import type { CipherImplementation } from '../primitives.ts'
import { wasmAead } from '../wasm/aead.ts'
import { recordCiphersOf } from './gathered-records.ts'
import type { RecordCiphers } from './record-cipher.ts'

/** Options of {@link createRecordCiphers}. */
export interface RecordCiphersOptions {
  /** Default: the first of `native`, `wasm` and `portable` that the platform has and that passes its test */
  readonly implementation?: CipherImplementation | undefined
}

/** Key, number, plaintext and the record that noble and OpenSSL agree on. */
const KEY = new Uint8Array(32).map((_, i) => i)
const NUMBER = 2 ** 32 + 1
const PLAINTEXT = fromHex('000102030405060708090a0b0c0d0e0f10111213')
const RECORD = '5f61202a7f5c59cab49915e644ccab6eb16ef49c363341cd48e7d0eb57177d5cf224ca3f'

/** The fastest first. */
const MAKERS: readonly (readonly [CipherImplementation, () => RecordCiphers | undefined])[] = [
  ['native', nativeRecordCiphers],
  ['wasm', () => recordCiphersOf(wasmAead())],
  ['portable', () => recordCiphersOf(portableAead())]
]

const tested = new Map<CipherImplementation, RecordCiphers | undefined>()

/**
 * The ciphers of a connection's records. The first call of a process tests them
 * with a known answer; one that computes wrong is not used if there is another.
 *
 * @throws CryptoError `UNAVAILABLE` when `native` or `wasm` ones are asked for and
 *   there are none; `SELF_TEST_FAILED` when the portable ones compute wrong
 */
export function createRecordCiphers({ implementation }: RecordCiphersOptions = {}): RecordCiphers {
  for (const [which, make] of MAKERS) {
    if (implementation !== undefined && implementation !== which) continue
    const found = working(which, make)
    if (found !== undefined) return found
  }
  if (implementation === 'native' || implementation === 'wasm') {
    throw new CryptoError(
      'UNAVAILABLE',
      `this platform has no ChaCha20-Poly1305 that is ${implementation}, or forbids it; leave out \`implementation\``,
      { implementation }
    )
  }
  throw new CryptoError(
    'SELF_TEST_FAILED',
    'ChaCha20-Poly1305 gives wrong answers in this runtime; do not use it for anything secret',
    { algorithm: 'ChaCha20-Poly1305', implementation: 'portable' }
  )
}

function working(
  which: CipherImplementation,
  make: () => RecordCiphers | undefined
): RecordCiphers | undefined {
  if (!tested.has(which)) {
    const ciphers = make()
    tested.set(which, ciphers !== undefined && answers(ciphers) ? ciphers : undefined)
  }
  return tested.get(which)
}

function answers({ createSealer, createOpener }: RecordCiphers): boolean {
  try {
    const sealer = createSealer(KEY, NUMBER)
    const parts = [sealer.update(PLAINTEXT.subarray(0, 3)), sealer.update(PLAINTEXT.subarray(3))]
    const record = [...parts, sealer.finish()].map(toHex).join('')
    const opened = createOpener(KEY, NUMBER).open(fromHex(RECORD))
    return record === RECORD && toHex(opened) === toHex(PLAINTEXT)
  } catch {
    // OpenSSL may be built without an algorithm whose functions are there
    return false
  }
}
