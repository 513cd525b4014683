/**
 * Several servers as one ensemble (or one server alone): ports, data directories, zoo.cfg and myid files.
 * In: what each server is and what its configuration says. Out: running servers behind one handle.
 * Must hold: a failed start leaves nothing behind; directories a test brought along are kept.
 */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from './ports.ts';
import { removeTemporaryDirectory, temporaryDirectory } from './process-guard.ts';
import { createServerProcess, type Launcher, type ServerHandle } from './server-process.ts';

/** Running servers, whoever made them. */
export interface ServersHandle {
  readonly name: string;
  /** All servers, comma separated. */
  readonly connectString: string;
  readonly servers: readonly ServerHandle[];
  /** The server with this id. */
  server(id: number): ServerHandle;
  /** The running server that says it leads (or stands alone); waits for one while an election is on. */
  leader(timeoutMs?: number): Promise<ServerHandle>;
  /** The running servers that say they follow. */
  followers(): Promise<ServerHandle[]>;
  /** Ends every server and removes every temporary directory. Safe to call twice. */
  stopAll(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface MemberSpec {
  readonly kind: 'apache' | 'embedded';
  readonly launcher: Launcher;
  /** Participant unless said otherwise. */
  readonly observer?: boolean;
  /** Over the common configuration. */
  readonly config?: Readonly<Record<string, string>>;
  /** Over the common properties. */
  readonly jvm?: readonly string[];
  /** Where the other members find it; 127.0.0.1 unless said otherwise. Clients find it there in any case. */
  readonly quorumHost?: string;
  /** A directory of the caller's; kept afterwards. Otherwise a temporary one is made. */
  readonly dataDir?: string;
}

export interface GroupSpec {
  readonly name: string;
  readonly members: readonly MemberSpec[];
  /** True: `server.N` lines and myid files, even for one member. */
  readonly quorum: boolean;
  readonly config?: Readonly<Record<string, string>>;
  readonly jvm?: readonly string[];
  /** False: return when the processes are started. Default true. */
  readonly waitServing?: boolean;
  /** Says under which port one member reaches another's port, for what stands between them. Otherwise its own. */
  readonly between?: (from: number, to: number, port: number) => Promise<number>;
}

const host = '127.0.0.1';

const commonConfig: Readonly<Record<string, string>> = {
  tickTime: '500',
  initLimit: '20',
  syncLimit: '10',
  maxClientCnxns: '0',
  'admin.enableServer': 'false',
  '4lw.commands.whitelist': '*',
};

interface Placed {
  readonly member: MemberSpec;
  readonly id: number;
  readonly clientPort: number;
  readonly quorumPort: number;
  readonly electionPort: number;
}

/** Starts the members and waits until every one of them serves. */
export async function startServers(spec: GroupSpec): Promise<ServersHandle> {
  const directory = temporaryDirectory();
  try {
    const placed = await place(spec.members);
    const servers = await Promise.all(placed.map(async (one) => prepare(spec, one, spec.quorum ? await serverLines(spec, one, placed) : [], directory)));
    const group = groupOf(spec.name, servers, directory);
    try {
      await Promise.all(servers.map((server) => server.start({ waitServing: spec.waitServing ?? true })));
    } catch (error) {
      await group.stopAll();
      throw error;
    }
    return group;
  } catch (error) {
    removeTemporaryDirectory(directory);
    throw error;
  }
}

async function place(members: readonly MemberSpec[]): Promise<Placed[]> {
  const ports = await freePorts(members.length * 3);
  return members.map((member, index) => {
    const [clientPort, quorumPort, electionPort] = ports.slice(index * 3, index * 3 + 3);
    if (clientPort === undefined || quorumPort === undefined || electionPort === undefined) throw new Error('too few free ports');
    return { member, id: index + 1, clientPort, quorumPort, electionPort };
  });
}

/**
 * The members as one of them knows them. One that is reached through something else must not tell its own address in
 * greetings, or it would be called back past that: an address that stands for all of a machine's is passed over.
 */
function serverLines({ between }: GroupSpec, from: Placed, all: readonly Placed[]): Promise<string[]> {
  return Promise.all(all.map(async ({ id, member, quorumPort, electionPort }) => {
    const role = member.observer === true ? ':observer' : '';
    if (between === undefined) return `server.${id}=${member.quorumHost ?? host}:${quorumPort}:${electionPort}${role}`;
    if (id === from.id) return `server.${id}=0.0.0.0:${quorumPort}:${electionPort}${role}`;
    return `server.${id}=${host}:${await between(from.id, id, quorumPort)}:${await between(from.id, id, electionPort)}${role}`;
  }));
}

function prepare(spec: GroupSpec, place: Placed, serverLines: readonly string[], directory: string): ServerHandle {
  const { member, id, clientPort } = place;
  const home = join(directory, `server-${id}`);
  const dataDir = member.dataDir ?? join(home, 'data');
  mkdirSync(home, { recursive: true });
  mkdirSync(dataDir, { recursive: true });
  if (serverLines.length > 0) writeFileSync(join(dataDir, 'myid'), `${id}\n`);
  const config: Record<string, string> = {
    ...commonConfig,
    dataDir: forConfig(dataDir),
    clientPort: String(clientPort),
    clientPortAddress: host,
    ...(member.observer === true ? { peerType: 'observer' } : {}),
    ...spec.config,
    ...member.config,
  };
  const text = [...Object.entries(config).map(([key, value]) => `${key}=${value}`), ...serverLines, ''].join('\n');
  const configFile = join(home, 'zoo.cfg');
  writeFileSync(configFile, text);
  return createServerProcess({
    id,
    kind: member.kind,
    clientPort,
    dataDir,
    configFile,
    logFile: join(home, 'server.log'),
    jvm: [...(spec.jvm ?? []), ...(member.jvm ?? [])],
    launcher: member.launcher,
  });
}

/** Backslashes escape in Java properties files, which zoo.cfg is. */
function forConfig(path: string): string {
  return path.replaceAll('\\', '/');
}

function groupOf(name: string, servers: readonly ServerHandle[], directory: string): ServersHandle {
  const inMode = async (wanted: readonly string[]): Promise<ServerHandle[]> => {
    const modes = await Promise.all(servers.map(async (server) => (server.running ? server.mode() : undefined)));
    return servers.filter((_, index) => wanted.includes(modes[index] ?? ''));
  };
  const stopAll = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.kill()));
    if (existsSync(directory)) removeTemporaryDirectory(directory);
  };
  return {
    name,
    connectString: servers.map((server) => server.connectString).join(','),
    servers,
    server(id) {
      const server = servers.find((candidate) => candidate.id === id);
      if (server === undefined) throw new Error(`no server ${id} in ${name}`);
      return server;
    },
    async leader(timeoutMs = 20_000) {
      const deadline = Date.now() + timeoutMs;
      while (Date.now() < deadline) {
        const [leader] = await inMode(['leader', 'standalone']);
        if (leader !== undefined) return leader;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`no leader in ${name} within ${timeoutMs} ms`);
    },
    followers: () => inMode(['follower']),
    stopAll,
    [Symbol.asyncDispose]: stopAll,
  };
}
