/** Finds a Java runtime: JAVA_HOME, PATH, and where systems keep one. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { isExecutable, onPath, variable, type Found, type Surroundings } from './search.ts';

const RUNS_WITHIN_MS = 20_000;

/** Where Java lies when neither variable leads to it. */
const USUAL: Readonly<Record<string, readonly string[]>> = {
  linux: ['/usr/lib/jvm/default-java/bin/java'],
  darwin: ['/opt/homebrew/opt/openjdk/bin/java', '/usr/local/opt/openjdk/bin/java'],
};

/** The program that runs Java, absolute. It is started once, which is the only proof: macOS has one that only offers a download. */
export async function findJava(surroundings: Surroundings): Promise<Found<string>> {
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
    if (!isExecutable(file)) looked.push(`${file} is not there`);
    else if (await runs(file)) return { found: file, looked };
    else looked.push(`${file} does not run`);
  }
  return { found: null, looked };
}

function runs(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(file, ['-version'], { stdio: 'ignore', windowsHide: true, timeout: RUNS_WITHIN_MS, killSignal: 'SIGKILL' });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
