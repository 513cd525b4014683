/** A TCP proxy that holds every chunk back for a fixed time in each direction. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * @param {number} upstreamPort on loopback
 * @param {number} oneWayMs half of the round trip that is added
 */
export async function startDelayProxy(upstreamPort, oneWayMs) {
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  const server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port: upstreamPort, noDelay: true });
    near.setNoDelay(true);
    for (const [from, to] of /** @type {const} */ ([[near, far], [far, near]])) {
      sockets.add(from);
      from.on('data', (chunk) => setTimeout(() => to.writable && to.write(chunk), oneWayMs));
      from.on('close', () => setTimeout(() => to.destroy(), oneWayMs));
      from.on('error', () => {});
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
