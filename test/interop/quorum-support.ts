/** Ensembles whose members are told different things, and what is done to them one after the other. */

import { readFileSync, writeFileSync } from 'node:fs';
import { apacheLauncher } from '../support/apache.ts';
import type { Authority } from '../support/certificates.ts';
import { embeddedLauncher } from '../support/embedded.ts';
import { startServers, type ServersHandle } from '../support/server-group.ts';
import type { ServerHandle } from '../support/server-process.ts';

export type Kind = ServerHandle['kind'];
export type Keys = Readonly<Record<string, string>>;

export interface MemberOf {
  readonly kind: Kind;
  readonly observer?: boolean;
  readonly quorumHost?: string;
  readonly config?: Keys;
  readonly jvm?: readonly string[];
}

/** An ensemble, its members in id order. */
export function startMembers(members: readonly MemberOf[], options: { readonly config?: Keys; readonly waitServing?: boolean } = {}): Promise<ServersHandle> {
  return startServers({
    name: members.map(({ kind }) => kind).join(', '),
    quorum: true,
    ...options,
    members: members.map((member) => ({ ...member, launcher: member.kind === 'apache' ? apacheLauncher : embeddedLauncher })),
  });
}

/** Writes keys into a server's zoo.cfg, over those that are there; it reads them when it starts the next time. */
export function setKeys(server: ServerHandle, keys: Keys): void {
  const names = Object.keys(keys);
  const kept = readFileSync(server.configFile, 'utf8').split('\n').filter((line) => line !== '' && !names.some((name) => line.startsWith(`${name}=`)));
  writeFileSync(server.configFile, [...kept, ...names.map((name) => `${name}=${keys[name]}`), ''].join('\n'));
}

/** Kills leaders, and starts them again, until one of this kind leads. */
export async function leaderOfKind(servers: ServersHandle, kind: Kind): Promise<ServerHandle> {
  for (let attempt = 0; attempt < 6; attempt++) {
    const leader = await servers.leader();
    if (leader.kind === kind) return leader;
    await leader.kill();
    await servers.leader();
    await leader.start();
  }
  throw new Error(`no leader of kind ${kind} after six elections`);
}

/** Keys of TLS between members: a certificate for 127.0.0.1 that the authority signs, in PEM files. */
export function quorumStores(authority: Authority, names = 'IP:127.0.0.1'): Keys {
  return {
    'ssl.quorum.keyStore.location': authority.issue({ subject: '/CN=member', names }).pemFile,
    'ssl.quorum.trustStore.location': authority.file('trust.pem', authority.own.certificate),
  };
}
