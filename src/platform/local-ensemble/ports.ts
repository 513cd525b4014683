/** Ports of local servers on 127.0.0.1: which are free, and which to choose. */

import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { UsageError } from '../../model/errors.ts';
import { LOOPBACK, type ServerPlace } from './layout.ts';

/** Below those that systems give to outgoing connections, so that they are still free at the next start. */
const LOWEST = 20_000;
const HIGHEST = 31_999;
const TRIES = 200;

/** Whether somebody could listen on it now. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await portTrouble(port)) === null;
}

/** Why nobody could listen on it now, as it goes on after "port N is"; null when somebody could. */
export function portTrouble(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EACCES' ? 'for the administrator alone' : 'taken'));
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

/**
 * The lowest of `count` free ports in a row, by chance.
 *
 * @throws UsageError NoFreePort
 */
export async function freePortsInRow(count: number): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const first = randomInt(LOWEST, HIGHEST + 2 - count);
    if (await areFree(first, count)) return first;
  }
  throw new UsageError('NoFreePort', `no ${count} free ports in a row between ${LOWEST} and ${HIGHEST}`);
}

async function areFree(first: number, count: number): Promise<boolean> {
  for (let i = 0; i < count; i++) if (!(await isPortFree(first + i))) return false;
  return true;
}

/**
 * Different free ports.
 *
 * @param except not these
 * @throws UsageError NoFreePort
 */
export async function freePorts(count: number, except: ReadonlySet<number>): Promise<number[]> {
  const out = new Set<number>();
  for (let tries = 0; out.size < count; tries++) {
    if (tries === TRIES) throw new UsageError('NoFreePort', `no ${count} free ports between ${LOWEST} and ${HIGHEST}`);
    const port = randomInt(LOWEST, HIGHEST + 1);
    if (!except.has(port) && !out.has(port) && (await isPortFree(port))) out.add(port);
  }
  return [...out];
}

/**
 * Looks at every port of the servers, before any of them is started.
 *
 * @throws UsageError PortTaken, naming the first that somebody has, or that two of them have
 */
export async function checkPorts(places: readonly ServerPlace[]): Promise<void> {
  const users = new Map<number, string>();
  const check = async (what: string, id: number, port: number, advice: string): Promise<void> => {
    const user = users.get(port);
    const trouble = user === undefined ? await portTrouble(port) : `the ${user} too`;
    if (trouble !== null) throw new UsageError('PortTaken', `${what} port ${port} of server ${id} is ${trouble}: ${advice}`);
    users.set(port, `${what} port of server ${id}`);
  };
  for (const { id, clientPort, peers, configFile } of places) {
    await check('client', id, clientPort, 'choose others with --client-port');
    const inLines = `choose another in the line server.${id} of every zoo.cfg, as in ${configFile}`;
    if (peers === null) continue;
    await check('quorum', id, peers.quorumPort, inLines);
    await check('election', id, peers.electionPort, inLines);
  }
}
