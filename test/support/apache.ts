/**
 * Real Apache ZooKeeper servers as child processes, from ZOOKEEPER_HOME or Debian's package.
 * In: configuration keys and Java properties. Out: a ServersHandle. Needs the parts `java` and `zookeeper`.
 */

import { fileURLToPath } from 'node:url';
import { requireParts } from './requirements.ts';
import { startServers, type MemberSpec, type ServersHandle } from './server-group.ts';
import type { Launcher } from './server-process.ts';

export interface StandaloneOptions {
  /** zoo.cfg keys over the defaults (tickTime 500, every four-letter word, no admin server). */
  readonly config?: Readonly<Record<string, string>>;
  /** Java options such as `-Dzookeeper.extendedTypesEnabled=true`. */
  readonly jvm?: readonly string[];
  /** A data directory of the caller's; kept afterwards. */
  readonly dataDir?: string;
  /** False: return when the process is started. */
  readonly waitServing?: boolean;
}

export interface EnsembleOptions {
  readonly servers: number;
  /** Observers on top of `servers`; they get the highest ids. */
  readonly observers?: number;
  readonly config?: Readonly<Record<string, string>>;
  readonly jvm?: readonly string[];
  /** One per server in id order; missing ones are temporary. */
  readonly dataDirs?: readonly string[];
  /** False: return when the processes are started, without a quorum. */
  readonly waitServing?: boolean;
}

/** The command line of Apache's server, for startServers and mixed quorums. */
export const apacheLauncher: Launcher = (configFile, jvm) => {
  const { java, zookeeper } = requireParts('java', 'zookeeper');
  return {
    command: java.command,
    args: [
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-XX:-UsePerfData',
      // Debian logs through slf4j-simple, a release through logback; both to the console, which is the log file.
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
      `-Dlogback.configurationFile=${fileURLToPath(new URL('apache-logback.xml', import.meta.url))}`,
      ...jvm,
      '-cp',
      zookeeper.classpath,
      'org.apache.zookeeper.server.quorum.QuorumPeerMain',
      configFile,
    ],
  };
};

/** Starts one Apache ZooKeeper server standing alone. */
export function startApacheStandalone(options: StandaloneOptions = {}): Promise<ServersHandle> {
  return startServers({
    ...commonSpec(options),
    name: 'Apache standalone',
    quorum: false,
    members: [
      {
        kind: 'apache',
        launcher: apacheLauncher,
        ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
      },
    ],
  });
}

/** Starts an Apache ZooKeeper ensemble and waits until every server serves. */
export function startApacheEnsemble(options: EnsembleOptions): Promise<ServersHandle> {
  return startServers({
    ...commonSpec(options),
    name: `Apache, ${options.servers} servers`,
    quorum: true,
    members: ensembleMembers({ kind: 'apache', launcher: apacheLauncher }, options),
  });
}

/** The same member over and over, then observers, each with its data directory. */
export function ensembleMembers(member: MemberSpec, options: EnsembleOptions): MemberSpec[] {
  const count = options.servers + (options.observers ?? 0);
  return Array.from({ length: count }, (_, index) => {
    const dataDir = options.dataDirs?.[index];
    return { ...member, observer: index >= options.servers, ...(dataDir === undefined ? {} : { dataDir }) };
  });
}

/** The part of a group's description that options give directly. */
export function commonSpec(options: StandaloneOptions | EnsembleOptions): {
  config: Readonly<Record<string, string>>;
  jvm: readonly string[];
  waitServing: boolean;
} {
  return { config: options.config ?? {}, jvm: options.jvm ?? [], waitServing: options.waitServing ?? true };
}
