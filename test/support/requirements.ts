/**
 * Finds the outside parts a test needs (Java, Apache ZooKeeper's jars, Chromium, kazoo).
 * In: the environment. Out: where each part is, or a plain sentence saying why a suite is skipped.
 * Must hold: with CI=true nothing is skipped silently; a missing part is a failing test.
 */

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, test } from 'vitest';

export type PartName = 'java' | 'zookeeper' | 'chromium' | 'kazoo' | 'openssl';

export interface JavaPart {
  readonly command: string;
}

export interface ZooKeeperPart {
  /** Ready for `java -cp`, with a logger that writes to the console. */
  readonly classpath: string;
  /** As in the jar's name, such as `3.8.0`; empty when the name does not tell. */
  readonly version: string;
}

export interface ChromiumPart {
  readonly executable: string;
}

export interface KazooPart {
  readonly python: string;
}

export interface OpensslPart {
  readonly command: string;
}

export interface Parts {
  readonly java: JavaPart;
  readonly zookeeper: ZooKeeperPart;
  readonly chromium: ChromiumPart;
  readonly kazoo: KazooPart;
  readonly openssl: OpensslPart;
}

const hints: Readonly<Record<PartName, string>> = {
  java: 'Java not found (put java on PATH or set JAVA_HOME; on Debian: apt install default-jre-headless)',
  zookeeper:
    'Apache ZooKeeper not found (set ZOOKEEPER_HOME to an unpacked release; on Debian: apt install zookeeper)',
  chromium: 'Chromium not found (set CHROMIUM_PATH or put chromium or google-chrome on PATH)',
  openssl: 'the openssl command not found (put it on PATH; on Debian: apt install openssl)',
  kazoo: 'kazoo not found (needs /usr/bin/python3 with kazoo, or set KAZOO_PYTHON; on Debian: apt install python3-kazoo)',
};

const finders: { readonly [Name in PartName]: () => Parts[Name] | undefined } = {
  java: findJava,
  zookeeper: findZooKeeper,
  chromium: findChromium,
  kazoo: findKazoo,
  openssl: findOpenssl,
};

const found = new Map<PartName, Parts[PartName] | undefined>();
const printed = new Set<PartName>();

/** Where the part is, or undefined. Looked up once per process. */
export function findPart<Name extends PartName>(name: Name): Parts[Name] | undefined {
  if (!found.has(name)) found.set(name, finders[name]());
  return found.get(name) as Parts[Name] | undefined;
}

/** Whether every named part is on this machine. Prints one line for each that is not, once. */
export function has(...names: PartName[]): boolean {
  const missing = names.filter((name) => findPart(name) === undefined);
  for (const name of missing) {
    if (printed.has(name)) continue;
    printed.add(name);
    process.stderr.write(`skipped: ${hints[name]}\n`);
  }
  return missing.length === 0;
}

/** The named parts, or an Error whose message says how to get the first missing one. */
export function requireParts<Name extends PartName>(...names: Name[]): Pick<Parts, Name> {
  const parts: Partial<Parts> = {};
  for (const name of names) {
    const part = findPart(name);
    if (part === undefined) throw new Error(hints[name]);
    Object.assign(parts, { [name]: part });
  }
  return parts as Pick<Parts, Name>;
}

/** True where a missing part must fail the run instead of skipping (CI=true). */
export function partsAreMandatory(): boolean {
  const ci = process.env['CI']?.toLowerCase();
  return ci === 'true' || ci === '1';
}

/**
 * `describe` for tests that need outside parts: runs when all are here, is skipped with one clear line
 * when one is missing, and fails when one is missing and CI=true.
 */
export function describeWith(names: readonly PartName[], title: string, body: () => void): void {
  if (has(...names)) {
    describe(title, body);
  } else if (partsAreMandatory()) {
    describe(title, () => {
      test(`finds ${names.join(', ')}`, () => {
        requireParts(...names);
      });
    });
  } else {
    describe.skip(title, body);
  }
}

function findJava(): JavaPart | undefined {
  const home = process.env['JAVA_HOME'];
  const candidates = [...(home ? [join(home, 'bin', executableName('java'))] : []), ...onPath('java')];
  for (const command of candidates) {
    // Starting it is the only proof: macOS has a /usr/bin/java that only offers a download.
    if (isExecutable(command) && spawnSync(command, ['-version'], { stdio: 'ignore' }).status === 0) return { command };
  }
  return undefined;
}

function findZooKeeper(): ZooKeeperPart | undefined {
  const home = process.env['ZOOKEEPER_HOME'];
  if (home) {
    const lib = join(home, 'lib');
    const version = jarVersion(lib);
    if (version !== undefined) return { classpath: join(lib, '*'), version };
  }
  const debian = '/usr/share/java';
  const jars = [join(debian, 'zookeeper.jar'), join(debian, 'slf4j-simple.jar')];
  if (!jars.every((jar) => existsSync(jar))) return undefined;
  // The AdminServer needs the one, the port for TLS the other, and Debian's zookeeper.jar names neither.
  jars.push(join(debian, 'servlet-api.jar'), join(debian, 'netty-codec.jar'));
  return { classpath: jars.join(delimiter), version: jarVersion(debian) ?? '' };
}

function jarVersion(directory: string): string | undefined {
  if (!existsSync(directory)) return undefined;
  for (const file of readdirSync(directory)) {
    const match = /^zookeeper-(\d+\.\d+\.\d+.*)\.jar$/.exec(file);
    if (match) return match[1];
  }
  return undefined;
}

function findChromium(): ChromiumPart | undefined {
  const given = process.env['CHROMIUM_PATH'];
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const candidates = [...(given ? [given] : []), ...names.flatMap(onPath)];
  const executable = candidates.find(isExecutable);
  return executable === undefined ? undefined : { executable };
}

function findKazoo(): KazooPart | undefined {
  const given = process.env['KAZOO_PYTHON'];
  const candidates = [...(given ? [given] : []), '/usr/bin/python3', ...onPath('python3')];
  for (const python of candidates) {
    if (!isExecutable(python)) continue;
    if (spawnSync(python, ['-c', 'import kazoo'], { stdio: 'ignore' }).status === 0) return { python };
  }
  return undefined;
}

function findOpenssl(): OpensslPart | undefined {
  const [command] = onPath('openssl');
  return command === undefined ? undefined : { command };
}

function onPath(name: string): string[] {
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
  return directories.map((directory) => join(directory, executableName(name))).filter(isExecutable);
}

function executableName(name: string): string {
  return process.platform === 'win32' ? `${name}.exe` : name;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
