/**
 * One running app for each data directory: two would overwrite each other's documents, and start one local server
 * twice. The lock is a listening socket, so that it goes with the process, however that ends.
 */

import { createHash } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDirectory } from './make-directory.ts';

export interface InstanceLock {
  release(): Promise<void>;
}

/** Bytes of the longest path of a Unix socket that every system takes; of a longer one libuv uses the beginning. */
const SOCKET_PATH_BYTES_MAX = 100;
const TRIES = 3;

/**
 * Takes the lock of a directory, which is made if it is not there.
 *
 * @returns null when another process holds it
 * @throws the system's error when the directory cannot be made or written
 */
export async function takeInstanceLock(directory: string): Promise<InstanceLock | null> {
  await makeDirectory(directory, 0o700);
  const [first, ...others] = lockPaths(directory);
  try {
    return await takeAt(first);
  } catch (error) {
    const [second] = others;
    // Some file systems hold no sockets.
    if (second === undefined) throw error;
    return takeAt(second);
  }
}

async function takeAt(path: string): Promise<InstanceLock | null> {
  for (let tries = 0; tries < TRIES; tries++) {
    const server = await listen(path);
    if (server !== null) return { release: () => close(server) };
    if (await isHeld(path)) return null;
    // Left behind by a process that was killed.
    await unlink(path).catch(() => undefined);
  }
  return null;
}

/** Where the lock may be, the best place first: the same for every process that is given the same directory. */
function lockPaths(directory: string): readonly [string, ...string[]] {
  const name = `zooscope-${createHash('sha256').update(directory).digest('hex').slice(0, 16)}`;
  if (process.platform === 'win32') return [`\\\\.\\pipe\\${name}`];
  const inside = join(directory, 'instance.sock');
  const outside = join(tmpdir(), `${name}.sock`);
  return new TextEncoder().encode(inside).length <= SOCKET_PATH_BYTES_MAX ? [inside, outside] : [outside];
}

function listen(path: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

function isHeld(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(!['ECONNREFUSED', 'ENOENT'].includes(error.code ?? '')));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
