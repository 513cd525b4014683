/** Finds a Java runtime: JAVA_HOME, PATH, and where systems keep one. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { isExecutable, onPath, variable, type Found, type Surroundings } from './search.ts';

const RUNS_WITHIN_MS = 20_000;

/** Where Java lies when neither variable leads to it. */
const USUAL: Readonly<Record<string, readonly string[]>> = {
  linux: ['/usr/lib/jvm/default-java/bin/java'],
  darwin: ['/opt/homebrew/opt/openjdk/bin/java', '/usr/local/opt/openjdk/bin/java'],
};

export interface Java {
  /** The program, absolute. */
  readonly file: string;
  /** As it says itself: `17.0.15`; null when it says nothing that looks like one. */
  readonly version: string | null;
}

/** The program that runs Java. It is started once, which is the only proof: macOS has one that only offers a download. */
export async function findJava(surroundings: Surroundings): Promise<Found<Java>> {
  const looked: string[] = [];
  const name = surroundings.platform === 'win32' ? 'java.exe' : 'java';
  const home = variable(surroundings, 'JAVA_HOME');
  const candidates: string[] = [];
  if (home === null) looked.push('JAVA_HOME is not set');
  else candidates.push(join(home, 'bin', name));
  const onIt = onPath(surroundings, name);
  if (onIt.length === 0) looked.push(`there is no ${name} on PATH`);
  candidates.push(...onIt, ...(USUAL[surroundings.platform] ?? []));
  for (const file of candidates) {
    if (!isExecutable(file)) {
      looked.push(`${file} is not there`);
      continue;
    }
    const said = await versionText(file);
    if (said !== null) return { found: { file, version: /version "([^"]{1,60})"/.exec(said)?.[1] ?? null }, looked };
    looked.push(`${file} does not run`);
  }
  return { found: null, looked };
}

/** @returns null when it does not run */
function versionText(file: string): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(file, ['-version'], { windowsHide: true, timeout: RUNS_WITHIN_MS, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      resolve(error === null ? `${stdout}${stderr}` : null);
    });
  });
}
