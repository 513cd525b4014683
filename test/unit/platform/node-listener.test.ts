/** The server's side of a socket: what holds it up, and what sets it going again. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { ClientSocket, Listener } from '../../../src/ensemble/listener.ts';
import { nodeListen } from '../../../src/platform/node-listener.ts';

let listener: Listener | null = null;

afterEach(async () => {
  await listener?.close();
  listener = null;
});

it('tells of a drain after a large write that the system took at once', async () => {
  const bytes = new Uint8Array(4 << 20);
  let drains = 0;
  let accepted: ClientSocket | null = null;
  listener = await nodeListen({ host: '127.0.0.1', port: 0, backlog: -1 }, (socket) => {
    accepted = socket;
    return {
      onData() {
        socket.write(bytes);
        // As the server does: nothing more is read while so much is on its way out.
        if (socket.bufferedBytes > 0) socket.pause();
      },
      onDrain() {
        drains++;
        if (socket.bufferedBytes === 0) socket.resume();
      },
      onClose: () => undefined,
    };
  });
  const peer = connect({ host: '127.0.0.1', port: listener.port });
  await once(peer, 'connect');
  let received = 0;
  const rounds = 3;
  peer.on('data', (chunk: Uint8Array) => {
    received += chunk.length;
    if (received % bytes.length === 0 && received < rounds * bytes.length) peer.write('more');
    if (received === rounds * bytes.length) peer.end();
  });
  peer.write('more');
  await once(peer, 'close');
  expect(received).toBe(rounds * bytes.length);
  expect(drains).toBeGreaterThanOrEqual(rounds - 1);
  expect(accepted).not.toBeNull();
});
