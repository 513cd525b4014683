/** Finds Apache ZooKeeper's jars: a chosen folder, ZOOKEEPER_HOME, zkServer.sh on PATH, Debian's package, Homebrew's. */

import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { onPath, variable, type Found, type Surroundings } from './search.ts';

export interface ZooKeeperJars {
  /** For `java -cp`. */
  readonly classpath: string;
  /** The folder that they were found by. */
  readonly folder: string;
  /** As the name of its jar says: `3.8.0`; null when it does not. */
  readonly version: string | null;
}

const DEBIAN_JARS = '/usr/share/java';
const DEBIAN_CONF = '/etc/zookeeper/conf';
const HOMEBREW = ['/opt/homebrew/opt/zookeeper/libexec', '/usr/local/opt/zookeeper/libexec'];
const VERSIONED = /^zookeeper-(\d+\.\d+\.\d+.*)\.jar$/;

/**
 * The jars.
 *
 * @param chosen a folder of a person's choice: then nothing else is looked at
 */
export function findZooKeeper(surroundings: Surroundings, chosen: string | null): Found<ZooKeeperJars> {
  if (chosen !== null) return firstOf([chosen], []);
  const looked: string[] = [];
  const home = variable(surroundings, 'ZOOKEEPER_HOME');
  if (home === null) looked.push('ZOOKEEPER_HOME is not set');
  const scripts = onPath(surroundings, surroundings.platform === 'win32' ? 'zkServer.cmd' : 'zkServer.sh');
  if (scripts.length === 0) looked.push('there is no zkServer.sh on PATH');
  const homes = [...(home === null ? [] : [home]), ...scripts.map((script) => dirname(dirname(script)))];
  const usual = surroundings.platform === 'darwin' ? HOMEBREW : surroundings.platform === 'linux' ? [DEBIAN_JARS] : [];
  return firstOf([...homes, ...usual], looked);
}

function firstOf(folders: readonly string[], before: readonly string[]): Found<ZooKeeperJars> {
  const looked = [...before];
  for (const folder of folders) {
    const classpath = classpathOf(folder);
    if (classpath !== null) return { found: { classpath: classpath.join(delimiter), folder, version: versionIn(folder) }, looked };
    looked.push(existsSync(folder) ? `${folder} has no zookeeper jar, nor has its lib` : `${folder} is not there`);
  }
  return { found: null, looked };
}

/** A release since 3.5 has everything in lib, an older one its own jar above it; Debian's names in itself what it needs. */
function classpathOf(folder: string): string[] | null {
  const names = namesIn(folder);
  const lib = join(folder, 'lib');
  // The release's own settings of the log, which go to the console.
  const conf = existsSync(join(folder, 'conf')) ? [join(folder, 'conf')] : [];
  if (namesIn(lib).some((name) => VERSIONED.test(name))) return [...conf, join(lib, '*')];
  if (names.includes('zookeeper.jar')) return debian(folder, names);
  const own = names.find((name) => VERSIONED.test(name));
  if (own === undefined) return null;
  return existsSync(lib) ? [...conf, join(folder, own), join(lib, '*')] : [join(folder, '*')];
}

function versionIn(folder: string): string | null {
  const names = [...namesIn(join(folder, 'lib')), ...namesIn(folder)];
  return names.map((name) => VERSIONED.exec(name)?.[1]).find((version) => version !== undefined) ?? null;
}

function debian(folder: string, names: readonly string[]): string[] {
  // Its manifest names neither a log that writes anywhere, nor what the AdminServer needs.
  const more = ['slf4j-simple.jar', 'servlet-api.jar'].filter((name) => names.includes(name));
  return [...(existsSync(DEBIAN_CONF) ? [DEBIAN_CONF] : []), ...['zookeeper.jar', ...more].map((name) => join(folder, name))];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
