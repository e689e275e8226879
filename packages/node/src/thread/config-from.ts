import { decodeIdentity } from '@daa-compute/transport'
import type { SwarmConfig } from '../config.ts'
import type { CallerLink } from './caller-link.ts'
import type { NetworkTells, PortableConfig, PortableIdentity } from './protocol.ts'

/** The configuration that was made portable, with what goes back to the caller over the link. */
export function configFrom(
  { config, identity, isLogged }: PortableConfig,
  link: CallerLink
): SwarmConfig {
  const log =
    (level: NetworkTells['log']['level']) =>
    (message: string, fields?: Readonly<Record<string, unknown>>): void => {
      if (link.hasRoom) link.tell('log', { level, message, fields })
    }
  return {
    ...config,
    identity: identityOf(identity, link),
    logger: isLogged ? { debug: log('debug'), info: log('info'), warn: log('warn') } : undefined
  }
}

function identityOf(
  identity: PortableIdentity | undefined,
  link: CallerLink
): SwarmConfig['identity'] {
  switch (identity?.type) {
    case undefined:
      return undefined
    case 'path':
      return identity.path
    case 'sealed': {
      const { path, passphrase } = identity
      const ask = async (): Promise<string> => await link.call('passphrase', undefined)
      return { path, passphrase: passphrase ?? ask }
    }
    case 'seed':
      return identity.seed
    case 'key':
      return decodeIdentity(identity.bytes)
  }
}
