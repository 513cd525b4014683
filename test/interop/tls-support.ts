/** Pairs of servers that speak TLS, Apache's and ours, with the same configuration; and who comes to them. */

import { startApacheStandalone } from '../support/apache.ts';
import type { Authority, Certificate } from '../support/certificates.ts';
import { startEmbeddedStandalone } from '../support/embedded.ts';
import { freePort } from '../support/ports.ts';
import { connectRaw, connectRawTls, jute, type RawClient } from '../support/raw-client.ts';
import type { ServersHandle } from '../support/server-group.ts';
import type { ConnectionOptions } from 'node:tls';

/** Only this factory of Apache's knows TLS. */
export const NETTY = { serverCnxnFactory: 'org.apache.zookeeper.server.NettyServerCnxnFactory' } as const;

export interface TlsServer {
  readonly name: 'apache' | 'embedded';
  readonly group: ServersHandle;
  readonly host: string;
  readonly plainPort: number;
  readonly securePort: number;
}

export interface PairOptions {
  readonly config: Readonly<Record<string, string>>;
  /** What only one of both is told. */
  readonly configOf?: (name: TlsServer['name']) => Readonly<Record<string, string>>;
  readonly jvm?: readonly string[];
  /** False: no secureClientPort. */
  readonly securePort?: boolean;
}

/** Apache's server and ours, each with a port for TLS, started at the same time. */
export function startPair(options: PairOptions): Promise<TlsServer[]> {
  return Promise.all((['apache', 'embedded'] as const).map(async (name) => {
    const securePort = await freePort();
    const config = { ...NETTY, ...(options.securePort === false ? {} : { secureClientPort: String(securePort) }), ...options.config, ...options.configOf?.(name) };
    const start = name === 'apache' ? startApacheStandalone : startEmbeddedStandalone;
    const group = await start({ config, jvm: options.jvm ?? [] });
    // Servers open it after the port in the clear, on which they were asked whether they serve.
    if (options.securePort !== false) await portOpens(group.server(1).host, securePort);
    return { name, group, host: group.server(1).host, plainPort: group.server(1).clientPort, securePort };
  }));
}

async function portOpens(host: string, port: number): Promise<void> {
  for (const deadline = Date.now() + 10_000; ; ) {
    try {
      (await connectRaw(host, port)).destroy();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What each of both gives, Apache's first. */
export function onBoth<T>(pair: readonly TlsServer[], ask: (server: TlsServer) => Promise<T>): Promise<T[]> {
  return Promise.all(pair.map(ask));
}

export const keysOf = ({ key, certificate }: Certificate): ConnectionOptions => ({ key, cert: certificate });

/** Keys of a PEM key store and a PEM trust store. */
export function pemStores(authority: Authority, server: Certificate): Record<string, string> {
  return {
    'ssl.keyStore.location': server.pemFile,
    'ssl.trustStore.location': authority.file('trust.pem', authority.own.certificate),
  };
}

/** A session over TLS, or what kept it from coming about. */
export async function join(server: TlsServer, options: ConnectionOptions, port = server.securePort): Promise<RawClient> {
  const client = await connectRawTls(server.host, port, options);
  await client.connectSession();
  return client;
}

/** `joined`, or `refused` wherever on the way that was. */
export async function tryJoin(server: TlsServer, options: ConnectionOptions | null, port = server.securePort): Promise<string> {
  try {
    const client = options === null ? await connectRaw(server.host, port) : await connectRawTls(server.host, port, options);
    try {
      await client.connectSession();
      return `joined as ${(await identities(client)).join(' ')}`;
    } finally {
      client.destroy();
    }
  } catch {
    return 'refused';
  }
}

/** The identities that whoAmI tells, as `scheme:user`. */
export async function identities(client: RawClient): Promise<string[]> {
  const { body } = await client.request(107);
  const texts: string[] = [];
  for (let at = 4; at < body.length; ) {
    const length = body.readInt32BE(at);
    texts.push(body.toString('utf8', at + 4, at + 4 + length));
    at += 4 + length;
  }
  return texts.flatMap((text, index) => (index % 2 === 0 ? [`${text}:${texts[index + 1]}`] : []));
}

/** A request's outcome in one line: the error, or that the connection went. */
export async function say(client: RawClient, opcode: number, body: Uint8Array = Buffer.alloc(0), xid?: number): Promise<string> {
  try {
    const reply = await client.request(opcode, body, xid);
    return `xid ${reply.xid === xid ? 'own' : reply.xid} err ${reply.err}${reply.body.length > 0 ? ` ${reply.body.length} bytes` : ''}`;
  } catch {
    return 'closed';
  }
}

export const createWith = (path: string, scheme: string, id: string, perms = 31): Buffer =>
  Buffer.concat([jute.string(path), jute.string('data'), jute.vector([jute.acl(perms, scheme, id)]), jute.int(0)]);
