/** Which ports local servers may have. */

import { once } from 'node:events';
import { createServer, Server, type AddressInfo } from 'node:net';
import { expect, test, vi } from 'vitest';
import { pathsOf, type ServerPlace } from '../../../../src/platform/local-ensemble/layout.ts';
import { checkPorts, freePorts, isPortFree, portTrouble } from '../../../../src/platform/local-ensemble/ports.ts';

const places = (...ports: readonly (readonly [number, number, number])[]): ServerPlace[] =>
  ports.map(([clientPort, quorumPort, electionPort], index) => ({
    id: index + 1, observer: false, ...pathsOf('/d', index + 1), clientPort, peers: { quorumPort, electionPort },
  }));

test('a port that somebody has', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect([await portTrouble(port), await isPortFree(port)]).toEqual(['taken', false]);
  const [client, quorum] = await freePorts(2, new Set([port])) as [number, number];
  await expect(checkPorts(places([client, quorum, port]))).rejects.toThrow(
    `election port ${port} of server 1 is taken: choose another in the line server.1 of every zoo.cfg, as in /d/server-1/zoo.cfg`,
  );
  server.close();
});

test('a port that two of the servers have', async () => {
  const [a, b, c, d, e] = await freePorts(5, new Set()) as [number, number, number, number, number];
  await checkPorts(places([a, b, c]));
  await expect(checkPorts(places([a, b, c], [a, d, e]))).rejects.toThrow(`client port ${a} of server 2 is the client port of server 1 too: choose others with --client-port`);
  await expect(checkPorts(places([a, b, c], [d, e, b]))).rejects.toThrow(`election port ${b} of server 2 is the quorum port of server 1 too: choose another`);
});

test('a port that is for the administrator is not called taken', async () => {
  const refused = Object.assign(new Error('listen EACCES: permission denied'), { code: 'EACCES' });
  const listen = vi.spyOn(Server.prototype, 'listen').mockImplementation(function refuse(this: Server) {
    queueMicrotask(() => this.emit('error', refused));
    return this;
  });
  expect(await portTrouble(80)).toBe('for the administrator alone');
  listen.mockRestore();
});
