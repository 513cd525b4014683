/** Where the app's own files are: the checkout, or the packaged app. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { invariant } from '../base/invariant.ts';

export interface AppFiles {
  readonly root: string;
  readonly version: string;
  /** The built view. */
  readonly view: string;
  readonly preload: string;
  /** The entry of a server process. */
  readonly serverEntry: string;
  /** The `zooscope` command. */
  readonly cliEntry: string;
  /** The entry of the desktop app. */
  readonly desktopEntry: string;
  readonly resources: string;
}

/**
 * Finds them from any file of the app: the nearest package.json above it is the root. Built files lie at different
 * depths (out/main, out/main/chunks), sources at others.
 *
 * @param from import.meta.dirname of the caller
 */
export function appFiles(from: string): AppFiles {
  let root = from;
  while (!existsSync(join(root, 'package.json'))) {
    const above = dirname(root);
    invariant(above !== root, `no package.json above ${from}`);
    root = above;
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const main = join(root, 'out', 'main');
  return {
    root,
    version,
    view: join(root, 'out', 'renderer'),
    preload: join(root, 'out', 'preload', 'preload.cjs'),
    serverEntry: join(main, 'server.js'),
    cliEntry: join(main, 'cli.js'),
    desktopEntry: join(main, 'main.js'),
    resources: join(root, 'resources'),
  };
}
