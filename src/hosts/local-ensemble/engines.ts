/** The two engines: how a server of each is started from its zoo.cfg. */

import type { EngineName } from '../../contract/lab.ts';
import { UsageError } from '../../model/errors.ts';
import { findJava } from '../../platform/apache/java.ts';
import { findZooKeeper } from '../../platform/apache/zookeeper.ts';
import { variable, type Surroundings } from '../../platform/apache/search.ts';

export interface Engine {
  readonly name: EngineName;
  readonly command: string;
  /** @param configFile absolute */
  argsFor(configFile: string): readonly string[];
  /** It begins only when it reads a line, so that it can be made known to the guard before. */
  readonly waitsForLine: boolean;
  /** What a person set that was of no use, and what is used in its place: clauses. */
  readonly passedOver?: readonly string[];
}

/** zkServer.sh gives a server as much, MB. */
const HEAP_MB = '1000';

// No --enable-source-maps: the build keeps all names, and reading the maps costs each server 10 MB and a tenth of its start.

/** Our own server; it ends with its parent. @param entry the built program @param command runs JavaScript */
export function embeddedEngine(command: string, entry: string): Engine {
  return {
    name: 'embedded', command, argsFor: (configFile) => [entry, '--exit-with-parent', configFile],
    // It sees by itself when its parent is gone.
    waitsForLine: false,
  };
}

/** Our own server, which ends only when it is told to. @param entry the built program @param command runs JavaScript */
export function lastingEngine(platform: string, command: string, entry: string): Engine {
  return { name: 'embedded', ...afterLine(platform, command, (configFile) => [entry, configFile]) };
}

/**
 * Apache's server. ZK_SERVER_HEAP, JVMFLAGS and SERVER_JVMFLAGS count as they do for zkServer.sh.
 *
 * @param chosen the folder with the jars, as a person chose it; null: they are looked for
 * @throws UsageError NoJava or NoZooKeeper, saying where was looked
 */
export async function apacheEngine(surroundings: Surroundings, chosen: string | null): Promise<Engine> {
  const zookeeper = findZooKeeper(surroundings, chosen);
  if (zookeeper.found === null) {
    throw new UsageError(
      'NoZooKeeper',
      `Apache ZooKeeper was not found: ${zookeeper.looked.join('; ')}. Name its folder with --zookeeper or ZOOKEEPER_HOME (on Debian: apt install zookeeper)`,
    );
  }
  const java = await findJava(surroundings);
  if (java.found === null) {
    throw new UsageError('NoJava', `Java was not found: ${java.looked.join('; ')}. Put java on PATH or set JAVA_HOME (on Debian: apt install default-jre-headless)`);
  }
  const { classpath } = zookeeper.found;
  const flags = jvmFlags(surroundings.env);
  const argsOfJava = (configFile: string): string[] => [...flags, '-cp', classpath, 'org.apache.zookeeper.server.quorum.QuorumPeerMain', configFile];
  const passedOver = [
    ...(chosen === null ? passedOverFor(surroundings, 'ZOOKEEPER_HOME', zookeeper.looked, zookeeper.found.folder) : []),
    ...passedOverFor(surroundings, 'JAVA_HOME', java.looked, java.found.file),
  ];
  return { name: 'apache', ...afterLine(surroundings.platform, java.found.file, argsOfJava, (args) => localeFor(surroundings, args)), passedOver };
}

/** Who has set a variable expects it to be followed, and must hear when it leads nowhere. */
function passedOverFor(surroundings: Surroundings, name: string, looked: readonly string[], used: string): string[] {
  const value = variable(surroundings, name);
  const why = value === null ? undefined : looked.find((clause) => clause.startsWith(value));
  return why === undefined ? [] : [`${name} is passed over, as ${why}; used is ${used}`];
}

/** A launcher that is killed before it has told the guard of a server must not have started it. No line, no server. */
function afterLine(platform: string, command: string, argsFor: Engine['argsFor'], shellFor: (args: readonly string[]) => string = () => ''): Omit<Engine, 'name'> {
  if (platform === 'win32') return { command, argsFor, waitsForLine: false };
  const argsOfShell = (configFile: string): string[] => {
    const args = argsFor(configFile);
    return ['-c', `read -r line && ${shellFor(args)}exec "$0" "$@"`, command, ...args];
  };
  return { command: '/bin/sh', argsFor: argsOfShell, waitsForLine: true };
}

/** On Linux, Java reads file names by the locale, and in the plain one, as in containers and services, finds no file whose name is not ASCII. */
function localeFor(surroundings: Surroundings, args: readonly string[]): string {
  const locale = variable(surroundings, 'LC_ALL') ?? variable(surroundings, 'LC_CTYPE') ?? variable(surroundings, 'LANG') ?? 'C';
  const plain = surroundings.platform === 'linux' && !/utf-?8/i.test(locale);
  return plain && args.some((arg) => /[^ -~]/.test(arg)) ? 'export LC_ALL=C.UTF-8 && ' : '';
}

function jvmFlags(env: Surroundings['env']): string[] {
  const words = (name: string): string[] => (env[name] ?? '').split(/\s+/).filter((word) => word !== '');
  const [heap = HEAP_MB] = words('ZK_SERVER_HEAP');
  // The logger of Debian's package; others do not read it.
  const log = ['-Dorg.slf4j.simpleLogger.showDateTime=true', '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS'];
  return [`-Xmx${heap}m`, '-XX:+ExitOnOutOfMemoryError', ...log, ...words('JVMFLAGS'), ...words('SERVER_JVMFLAGS')];
}
