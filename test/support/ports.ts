/**
 * Free TCP ports on 127.0.0.1 for servers a test starts.
 * Must hold: a port is given out once per process, and lies below the range from which systems pick ports for
 * outgoing connections (32768 on Linux), so that nobody takes it between the pick and the server's bind.
 */

import { createServer } from 'node:net';

const lowest = 12_000;
const highest = 32_000;
const given = new Set<number>();

/** Picks this many different free ports. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let attempt = 0; ports.length < count; attempt += 1) {
    if (attempt > 1_000) throw new Error(`no ${count} free ports between ${lowest} and ${highest}`);
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (given.has(port) || !(await canListen(port))) continue;
    given.add(port);
    ports.push(port);
  }
  return ports;
}

/** Picks one free port. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error('no free port');
  return port;
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    // Without a host it listens on every address, which is what Apache's quorum ports may do.
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
