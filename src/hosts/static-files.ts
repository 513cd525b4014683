/**
 * The view's build as a table from URL path to file, read once at start. A path that is not in the table does not
 * exist, so no request can lead out of the folder, whatever it spells.
 */

import { readdir } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

export interface StaticFile {
  /** Absolute. */
  readonly file: string;
  readonly type: string;
  /** Its name changes with its content: it can be kept for ever. */
  readonly immutable: boolean;
}

export type StaticFiles = ReadonlyMap<string, StaticFile>;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.ttf': 'font/ttf',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};

/** Vite's `name-hash.ext` below assets/. */
const HASHED = /^\/assets\/.+-[\w-]{8,}\.\w+$/;

/**
 * Lists a folder. `/` is its index.html.
 *
 * @throws the system's error when the folder cannot be read
 */
export async function listStaticFiles(folder: string): Promise<StaticFiles> {
  const files = new Map<string, StaticFile>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    // Links are left out: they could lead anywhere.
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(folder, file).split(sep).join('/')}`;
    const type = TYPES[extname(entry.name).toLowerCase()];
    if (type !== undefined) files.set(path, { file, type, immutable: HASHED.test(path) });
  }
  const index = files.get('/index.html');
  if (index !== undefined) files.set('/', index);
  return files;
}
