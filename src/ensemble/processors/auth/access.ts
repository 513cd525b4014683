/**
 * Who may do what: checkACL, fixupACL and the identities that an auth packet adds
 * (facts 1.15; ZooKeeperServer.checkACL, PrepRequestProcessor.fixupACL).
 */

import { equalIds, type Acl, type Id } from '../../../model/acl.ts';
import { digestProvider } from './digest-provider.ts';
import { inApacheOrder } from './identity-order.ts';
import { ipProvider } from './ip-provider.ts';
import type { MessageDigests } from './message-digests.ts';
import type { AuthProvider, AuthProviders } from './provider.ts';

export interface AccessOptions {
  /** skipACL: everybody may do everything. */
  readonly skipAcl: boolean;
  readonly superDigest: string | null;
  readonly digestAlgorithm: string;
  readonly digestEnabled: boolean;
  /** The sasl scheme in ACLs, where it is switched on. */
  readonly sasl?: AuthProvider | null;
  /** The x509 scheme, likewise. */
  readonly x509?: AuthProvider | null;
}

const isAnyone = (id: Id): boolean => id.scheme === 'world' && id.id === 'anyone';

export class Access {
  readonly #skip: boolean;
  readonly #providers: AuthProviders;

  constructor(options: AccessOptions, digests: MessageDigests) {
    this.#skip = options.skipAcl;
    const providers: AuthProvider[] = [ipProvider];
    if (options.digestEnabled) {
      providers.push(digestProvider({ algorithm: options.digestAlgorithm, superDigest: options.superDigest }, digests));
    }
    if (options.sasl != null) providers.push(options.sasl);
    if (options.x509 != null) providers.push(options.x509);
    this.#providers = new Map(providers.map((provider) => [provider.scheme, provider]));
  }

  /** Whether the server knows the scheme. */
  knows(scheme: string): boolean {
    return this.#providers.has(scheme);
  }

  /** @param perm a sum of Perms of which one is enough */
  allows(acl: readonly Acl[], perm: number, identities: readonly Id[]): boolean {
    if (this.#skip || acl.length === 0) return true;
    const first = acl[0] as Acl;
    // Nearly every node is open to all; this spares the closures below.
    if ((first.perms & perm) !== 0 && isAnyone(first.id)) return true;
    if (identities.some((id) => id.scheme === 'super')) return true;
    return acl.some((entry) => (entry.perms & perm) !== 0 && this.#matches(entry.id, identities));
  }

  #matches(wanted: Id, identities: readonly Id[]): boolean {
    if (isAnyone(wanted)) return true;
    const provider = this.#providers.get(wanted.scheme);
    if (provider === undefined) return false;
    return identities.some((held) => held.scheme === wanted.scheme && provider.matches(held.id, wanted.id));
  }

  /**
   * The ACL to store for the one that was asked for: duplicates gone, `auth` replaced by whoever the connection is.
   *
   * @returns null when it is not valid (-114)
   */
  fixup(acl: readonly Acl[] | null, identities: readonly Id[]): readonly Acl[] | null {
    if (acl === null || acl.length === 0) return null;
    const out: Acl[] = [];
    for (const entry of withoutDuplicates(acl)) {
      const { scheme, id } = entry.id;
      if (isAnyone(entry.id)) {
        out.push(entry);
      } else if (scheme === 'auth') {
        const own = identities.filter((held) => this.#providers.get(held.scheme)?.authenticates === true);
        if (own.length === 0) return null;
        for (const held of own) out.push({ perms: entry.perms, id: held });
      } else {
        if (this.#providers.get(scheme)?.isValid(id) !== true) return null;
        out.push(entry);
      }
    }
    return out;
  }

  /** The connection's identities after an auth packet; null when it proves nothing (-115). */
  authenticate(
    identities: readonly Id[], scheme: string, credential: Uint8Array | null, remoteAddress: string, certificateOwner: string | null = null,
  ): readonly Id[] | null {
    const proved = this.#providers.get(scheme)?.authenticate(credential, remoteAddress, certificateOwner) ?? null;
    if (proved === null) return null;
    return withIdentities(identities, proved);
  }

  /** As whoAmI shows an identity; `super` has no name. */
  userName(id: Id): string {
    return this.#providers.get(id.scheme)?.userName(id.id) ?? '';
  }
}

/** The identities of a connection with more of them. */
export function withIdentities(identities: readonly Id[], more: readonly Id[]): readonly Id[] {
  const added = more.filter((id) => !identities.some((held) => equalIds(held, id)));
  return added.length === 0 ? identities : inApacheOrder([...identities, ...added]);
}

function withoutDuplicates(acl: readonly Acl[]): readonly Acl[] {
  if (acl.length === 1) return acl;
  return acl.filter((entry, at) => acl.findIndex((other) => other.perms === entry.perms && equalIds(other.id, entry.id)) === at);
}
