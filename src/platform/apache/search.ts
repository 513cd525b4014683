/** A search that can say where it looked. */

import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

export interface Surroundings {
  /** process.env */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** process.platform */
  readonly platform: string;
}

/** What was found, or each place with what is wrong with it, as clauses for a person. */
export type Found<T> = { readonly found: T; readonly looked: readonly string[] } | { readonly found: null; readonly looked: readonly string[] };

/** A set variable of the environment; null for none and for an empty one. */
export function variable({ env }: Surroundings, name: string): string | null {
  const value = env[name];
  return value === undefined || value === '' ? null : value;
}

/** Every file of this name on PATH, links followed, in order. */
export function onPath({ env }: Surroundings, name: string): string[] {
  const files = (env['PATH'] ?? '').split(delimiter).filter(isAbsolute).map((folder) => join(folder, name));
  return [...new Set(files.filter((file) => existsSync(file)).map((file) => realpathSync(file)))];
}

/** Whether this user may run it. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
