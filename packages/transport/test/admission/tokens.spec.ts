import type {
  Admission,
  AdmissionDecision,
  PeerId,
  SignatureVerifier
} from '@daa-compute/interface'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  createIdentity,
  createSignatureVerifier,
  DEFAULT_CLOCK_SKEW_MS,
  type Identity,
  inspectRevocation,
  inspectToken,
  issueRevocation,
  issueToken,
  MAX_TOKEN_LIFETIME_MS,
  type MembershipAdmission,
  type MembershipInit,
  membershipTokens,
  type TokenInit
} from '../../src/index.ts'
import { MAX_CREDENTIAL_LENGTH } from '../../src/admission/constants.ts'
import { fromText, toText } from '../../src/admission/membership/signed-text.ts'
import { tokenBytes } from '../../src/admission/membership/token.ts'

const RUN = 'a run'
const NOW = Date.UTC(2026, 0, 1)
const DAY = 86_400_000
const verifier = createSignatureVerifier()

let owner: Identity
let stranger: Identity
let self: PeerId
let peer: PeerId

beforeAll(async () => {
  ;[owner, stranger] = await Promise.all([createIdentity(), createIdentity()])
  ;[self, peer] = ['me', 'you'] as [PeerId, PeerId]
})

function issue(init: Partial<TokenInit> = {}): Promise<string> {
  return issueToken({
    signer: owner.signer,
    run: RUN,
    peer,
    issuedMs: NOW - DAY,
    expiresMs: NOW + DAY,
    ...init
  })
}

async function members(init: Partial<MembershipInit> = {}): Promise<MembershipAdmission> {
  return await membershipTokens({
    run: RUN,
    self,
    owner: owner.peer,
    token: await issue({ peer: self }),
    verifier,
    wallClock: () => NOW,
    ...init
  })
}

function decide(
  admission: Admission,
  token: string | Uint8Array,
  other: PeerId = peer
): Promise<AdmissionDecision> {
  const credential = typeof token === 'string' ? tokenBytes(token) : token
  return admission.admit({ run: RUN, self, peer: other, challenge: new Uint8Array() }, credential)
}

describe('a membership token', () => {
  it('says who is let in where, as what and until when, in 300 letters', async () => {
    const text = await issue({ role: 'observer' })
    expect(inspectToken(text)).toEqual({
      owner: owner.peer,
      run: RUN,
      peer,
      role: 'observer',
      issuedMs: NOW - DAY,
      expiresMs: NOW + DAY
    })
    expect(text).toMatch(/^daat_[\w-]+$/)
    expect(text.length).toBeLessThan(300)
    expect(inspectToken(`\n  ${text} \n`).peer).toBe(peer)
  })

  it('lets its peer in until it expires', async () => {
    const decision = await decide(await members(), await issue())
    expect(decision).toEqual({
      admitted: true,
      role: 'trainer',
      forMs: DAY + DEFAULT_CLOCK_SKEW_MS
    })
  })

  it.each<readonly [string, () => Partial<TokenInit>, string]>([
    ['for another run', () => ({ run: 'another' }), 'OTHER_RUN'],
    ['for another peer', () => ({ peer: stranger.peer }), 'OTHER_PEER'],
    ['by another owner', () => ({ signer: stranger.signer }), 'FORGED'],
    ['in another role', () => ({ role: 'observer' }), 'ROLE'],
    ['that has expired', () => ({ expiresMs: NOW - DEFAULT_CLOCK_SKEW_MS }), 'EXPIRED'],
    ['from the future', () => ({ issuedMs: NOW + DEFAULT_CLOCK_SKEW_MS + 1 }), 'NOT_YET_VALID'],
    [
      'that another has signed in the name of the owner',
      () => ({ signer: { ...stranger.signer, peer: owner.peer } }),
      'FORGED'
    ]
  ])('%s is refused', async (_, init, code) => {
    const decision = await decide(await members(), await issue(init()))
    expect(decision).toMatchObject({ admitted: false, code })
    if (!decision.admitted) expect(decision.reason.length).toBeLessThanOrEqual(128)
  })

  it('is good within the skew of the clocks and not beyond', async () => {
    const late = await issue({ expiresMs: NOW - 5_000 })
    const early = await issue({ issuedMs: NOW + 5_000 })
    const [strict, lenient] = await Promise.all([
      members({ clockSkewMs: 4_999 }),
      members({ clockSkewMs: 5_001 })
    ])
    expect(await decide(strict, late)).toMatchObject({ code: 'EXPIRED' })
    expect(await decide(strict, early)).toMatchObject({ code: 'NOT_YET_VALID' })
    expect(await decide(lenient, late)).toMatchObject({ admitted: true, forMs: 1 })
    expect(await decide(lenient, early)).toMatchObject({ admitted: true })
    await expect(members({ clockSkewMs: 600_001 })).rejects.toBeInstanceOf(RangeError)
    await expect(members({ clockSkewMs: -1 })).rejects.toBeInstanceOf(RangeError)
    await expect(members({ clockSkewMs: Number.NaN })).rejects.toBeInstanceOf(RangeError)
  })

  it('is refused when it is missing, cut anywhere or too long', async () => {
    const admission = await members()
    expect(await decide(admission, new Uint8Array())).toMatchObject({ code: 'MISSING' })
    const whole = tokenBytes(await issue())
    for (let length = 1; length < whole.length; length++) {
      const decision = await decide(admission, whole.subarray(0, length))
      expect(decision, `${length} bytes`).toMatchObject({ code: 'MALFORMED' })
    }
    const longer = new Uint8Array(MAX_CREDENTIAL_LENGTH)
    longer.set(whole)
    expect(await decide(admission, longer)).toMatchObject({ code: 'MALFORMED' })
  })

  it('is refused when any bit of it was changed', async () => {
    const admission = await members()
    const whole = tokenBytes(await issue())
    for (let offset = 0; offset < whole.length; offset++) {
      const changed = whole.slice()
      changed[offset] = (changed[offset] ?? 0) ^ (1 << (offset & 7))
      expect(await decide(admission, changed), `byte ${offset}`).toMatchObject({ admitted: false })
    }
  })

  it.each<readonly [string, Partial<TokenInit>]>([
    ['without a run', { run: '' }],
    ['for a run with too long a name', { run: 'é'.repeat(129) }],
    ['with a role that is none', { role: 'train er' }],
    ['without a role', { role: '' }],
    ['with too long a role', { role: 'r'.repeat(33) }],
    ['that never was good', { issuedMs: NOW, expiresMs: NOW }],
    ['that is good for ever', { issuedMs: 0, expiresMs: MAX_TOKEN_LIFETIME_MS + 1 }],
    ['of a time that is none', { issuedMs: Number.NaN }],
    ['before all times', { issuedMs: -1 }]
  ])('%s is not issued', async (_, init) => {
    await expect(issue(init)).rejects.toMatchObject({
      name: 'AdmissionError',
      code: 'BAD_STATEMENT'
    })
  })

  it.each([
    '',
    'daat_',
    'daat_!!!!',
    'hello',
    'daar_AAAA',
    'daat_AAAA',
    `daat_${'A'.repeat(20_000)}`
  ])('is not %j', (text) => {
    expect(() => inspectToken(text)).toThrow(
      expect.objectContaining({ name: 'AdmissionError', code: 'BAD_STATEMENT' })
    )
  })

  it('of this peer itself has to be one that others let in', async () => {
    const refused = async (token: string): Promise<unknown> =>
      await members({ token }).catch((error: unknown) => error)
    const code = (refusal: string): object => ({
      name: 'AdmissionError',
      code: 'TOKEN_REFUSED',
      detail: { refusal }
    })
    expect(await refused(await issue())).toMatchObject(code('OTHER_PEER'))
    expect(await refused(await issue({ peer: self, run: 'x' }))).toMatchObject(code('OTHER_RUN'))
    expect(await refused(await issue({ peer: self, expiresMs: NOW - DAY / 2 }))).toMatchObject(
      code('EXPIRED')
    )
    expect(await refused('nonsense')).toMatchObject({ code: 'BAD_STATEMENT' })
    const revocation = await issueRevocation({ signer: owner.signer, run: RUN, issuedMs: NOW })
    await expect(members({ revocations: [revocation] })).rejects.toMatchObject(code('REVOKED'))
  })

  it('can be replaced by a new one', async () => {
    const admission = await members()
    const text = await issue({ peer: self, expiresMs: NOW + 2 * DAY })
    await admission.renew(text)
    expect(admission.token.expiresMs).toBe(NOW + 2 * DAY)
    const introduction = { run: RUN, self, peer, challenge: new Uint8Array() }
    expect(await admission.present(introduction)).toEqual(tokenBytes(text))
    await expect(admission.renew(await issue())).rejects.toMatchObject({ code: 'TOKEN_REFUSED' })
    expect(admission.token.expiresMs).toBe(NOW + 2 * DAY)
  })
})

describe('a revocation', () => {
  /** A verifier that takes until it is told to go on. */
  function slowly(): { verifier: SignatureVerifier; goOn: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>()
    return {
      verifier: {
        async verify(...parts) {
          await promise
          return await verifier.verify(...parts)
        }
      },
      goOn: resolve
    }
  }

  it('counts for tokens that are being checked when it comes', async () => {
    let isSlow = false
    const { verifier: slow, goOn } = slowly()
    const admission = await members({
      verifier: {
        verify: (...parts) => (isSlow ? slow : verifier).verify(...parts)
      }
    })
    isSlow = true
    const deciding = decide(admission, await issue())
    isSlow = false
    const { signer } = owner
    await admission.revoke(await issueRevocation({ signer, run: RUN, peer, issuedMs: NOW }))
    goOn()
    expect(await deciding).toMatchObject({ code: 'REVOKED' })
  })

  it('is new once, also when it comes twice at the same time', async () => {
    const { verifier: slow, goOn } = slowly()
    let isSlow = false
    const admission = await members({
      verifier: {
        verify: (...parts) => (isSlow ? slow : verifier).verify(...parts)
      }
    })
    const { signer } = owner
    const text = await issueRevocation({ signer, run: RUN, peer, issuedMs: NOW })
    isSlow = true
    const both = Promise.all([admission.revoke(text), admission.revoke(text)])
    goOn()
    expect((await both).filter(Boolean)).toHaveLength(1)
  })

  it('says whose tokens are void', async () => {
    const { signer } = owner
    const text = await issueRevocation({ signer, run: RUN, peer, issuedMs: NOW })
    expect(inspectRevocation(text)).toEqual({ owner: owner.peer, run: RUN, peer, issuedMs: NOW })
    const all = await issueRevocation({ signer, run: RUN, issuedMs: NOW })
    expect(inspectRevocation(all).peer).toBeUndefined()
    await expect(issueRevocation({ signer, run: '', issuedMs: NOW })).rejects.toMatchObject({
      code: 'BAD_STATEMENT'
    })
    expect(() => inspectRevocation(text.slice(0, -3))).toThrow(
      expect.objectContaining({ code: 'BAD_STATEMENT' })
    )
  })

  it('takes back what was issued before it, and not what comes later', async () => {
    const admission = await members()
    const revoked: unknown[] = []
    admission.onRevoked?.((who) => revoked.push(who))
    const [before, after] = await Promise.all([
      issue({ issuedMs: NOW - 100 }),
      issue({ issuedMs: NOW - 99 })
    ])
    const other = await issue({ peer: stranger.peer, issuedMs: NOW - 100 })
    const { signer } = owner
    const text = await issueRevocation({ signer, run: RUN, peer, issuedMs: NOW - 100 })
    expect(await admission.revoke(text)).toBe(true)
    expect(await admission.revoke(text)).toBe(false)
    expect(await decide(admission, before)).toMatchObject({ code: 'REVOKED' })
    expect(await decide(admission, after)).toMatchObject({ admitted: true })
    expect(await decide(admission, other, stranger.peer)).toMatchObject({ admitted: true })
    // an earlier one changes nothing
    const earlier = await issueRevocation({ signer, run: RUN, peer, issuedMs: NOW - 200 })
    expect(await admission.revoke(earlier)).toBe(false)
    expect(await decide(admission, before)).toMatchObject({ code: 'REVOKED' })
    const everybody = await issueRevocation({ signer, run: RUN, issuedMs: NOW - 50 })
    expect(await admission.revoke(everybody)).toBe(true)
    expect(await decide(admission, after)).toMatchObject({ code: 'REVOKED' })
    expect(await decide(admission, other, stranger.peer)).toMatchObject({ code: 'REVOKED' })
    expect(revoked).toEqual([peer, undefined])
    expect(admission.revocations()).toHaveLength(2)
  })

  it('of another owner, another run, or forged, has no effect', async () => {
    const admission = await members()
    const token = await issue()
    const bad = [
      issueRevocation({ signer: stranger.signer, run: RUN, peer, issuedMs: NOW }),
      issueRevocation({ signer: owner.signer, run: 'another', peer, issuedMs: NOW }),
      issueRevocation({
        signer: { ...stranger.signer, peer: owner.peer },
        run: RUN,
        peer,
        issuedMs: NOW
      })
    ]
    for (const text of await Promise.all(bad)) {
      await expect(admission.revoke(text)).rejects.toMatchObject({ code: 'BAD_STATEMENT' })
    }
    expect(admission.revocations()).toEqual([])
    expect(await decide(admission, token)).toMatchObject({ admitted: true })
  })

  it('does not pass for a token, nor a token for it', async () => {
    const admission = await members()
    const token = await issue()
    const text = await issueRevocation({ signer: owner.signer, run: RUN, peer, issuedMs: NOW })
    expect(await decide(admission, fromText('daar_', text)!)).toMatchObject({ code: 'MALFORMED' })
    const disguised = toText('daar_', tokenBytes(token))
    await expect(admission.revoke(disguised)).rejects.toMatchObject({ code: 'BAD_STATEMENT' })
  })
})
