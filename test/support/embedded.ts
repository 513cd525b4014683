/**
 * Our own server as child processes, behind the same handle as Apache's, and the list of topologies that one body
 * of client tests runs over. Needs a build: the entry is out/main/server.js (ZOOSCOPE_SERVER names another).
 * Command line: node out/main/server.js [-Dname=value ...] <zoo.cfg>
 */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  apacheLauncher,
  commonSpec,
  ensembleMembers,
  startApacheEnsemble,
  startApacheStandalone,
  type EnsembleOptions,
  type StandaloneOptions,
} from './apache.ts';
import type { PartName } from './requirements.ts';
import { startServers, type ServersHandle } from './server-group.ts';
import type { Engine, Launcher } from './server-process.ts';

export type { ServersHandle } from './server-group.ts';
export type { ServerHandle } from './server-process.ts';

/** The built server entry. */
export function embeddedEntry(): string {
  return process.env['ZOOSCOPE_SERVER'] ?? fileURLToPath(new URL('../../out/main/server.js', import.meta.url));
}

/** The command line of our own server; of the Java options only `-Dname=value` are passed on. */
export const embeddedLauncher: Launcher = (configFile, jvm) => {
  const entry = embeddedEntry();
  if (!existsSync(entry)) throw new Error(`${entry} is not there: build the app first (npm run build)`);
  return {
    command: process.execPath,
    args: ['--enable-source-maps', entry, ...jvm.filter((option) => option.startsWith('-D')), configFile],
  };
};

/** Starts one embedded server standing alone. */
export function startEmbeddedStandalone(options: StandaloneOptions = {}): Promise<ServersHandle> {
  return startServers({
    ...commonSpec(options),
    name: 'embedded standalone',
    quorum: false,
    members: [
      {
        kind: 'embedded',
        launcher: embeddedLauncher,
        ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
      },
    ],
  });
}

/** Starts an ensemble of embedded servers and waits until every server serves. */
export function startEmbeddedEnsemble(options: EnsembleOptions): Promise<ServersHandle> {
  return startServers({
    ...commonSpec(options),
    name: `embedded, ${options.servers} servers`,
    quorum: true,
    members: ensembleMembers({ kind: 'embedded', launcher: embeddedLauncher }, options),
  });
}

/** Both engines, for members that change theirs. */
export const engines: Readonly<Record<Engine['kind'], Engine>> = {
  apache: { kind: 'apache', launcher: apacheLauncher },
  embedded: { kind: 'embedded', launcher: embeddedLauncher },
};

/** Starts a quorum made of both, in id order. */
export function startMixedEnsemble(
  kinds: readonly Engine['kind'][],
  options: Omit<EnsembleOptions, 'servers' | 'observers'> = {},
): Promise<ServersHandle> {
  return startServers({
    ...commonSpec({ ...options, servers: kinds.length }),
    name: `mixed: ${kinds.join(', ')}`,
    quorum: true,
    members: kinds.map((kind, index) => {
      const dataDir = options.dataDirs?.[index];
      return { ...engines[kind], ...(dataDir === undefined ? {} : { dataDir }) };
    }),
  });
}

/** Starts a quorum made of both, in id order, and an observer behind them. */
export function startObservedEnsemble(
  voters: readonly Engine['kind'][],
  observer: Engine['kind'],
  options: Pick<EnsembleOptions, 'config' | 'jvm'> = {},
): Promise<ServersHandle> {
  return startServers({
    ...commonSpec({ ...options, servers: voters.length }),
    name: `${voters.join(', ')}, observed by ${observer}`,
    quorum: true,
    members: [...voters.map((kind) => engines[kind]), { ...engines[observer], observer: true }],
  });
}

export interface TopologyOptions {
  readonly config?: Readonly<Record<string, string>>;
  readonly jvm?: readonly string[];
}

export interface Topology {
  readonly name: string;
  /** For describeWith. */
  readonly parts: readonly PartName[];
  readonly kind: 'apache' | 'embedded';
  readonly serverCount: number;
  start(options?: TopologyOptions): Promise<ServersHandle>;
}

/** What one body of client tests runs over. */
export const topologies: readonly Topology[] = [
  {
    name: 'Apache standalone',
    parts: ['java', 'zookeeper'],
    kind: 'apache',
    serverCount: 1,
    start: (options) => startApacheStandalone(options),
  },
  {
    name: 'Apache 3 nodes',
    parts: ['java', 'zookeeper'],
    kind: 'apache',
    serverCount: 3,
    start: (options) => startApacheEnsemble({ ...options, servers: 3 }),
  },
  {
    name: 'embedded standalone',
    parts: [],
    kind: 'embedded',
    serverCount: 1,
    start: (options) => startEmbeddedStandalone(options),
  },
];
