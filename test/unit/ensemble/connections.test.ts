/** The connections of a member outlive the terms in which their requests were taken. */

import { expect, test } from 'vitest';
import { ClientConnection, type ConnectionOwner } from '../../../src/ensemble/client-connection.ts';
import { Connections } from '../../../src/ensemble/connections.ts';
import { settle, TestClient } from './server/harness.ts';

function connected(connections: Connections, outstanding: number): { readonly socket: TestClient; readonly connection: ClientConnection } {
  const socket = new TestClient('1.1.1.1');
  const owner: ConnectionOwner = {
    admitted: () => undefined, overloaded: () => false, nowMs: () => 0,
    closed: (connection) => connections.remove(connection),
  };
  const connection = new ClientConnection({ key: connections.newKey(), socket, owner, requestBytesMax: 1000, establishedMs: 0 });
  socket.handler = connection;
  connection.outstanding = outstanding;
  connections.add(connection);
  return { socket, connection };
}

test('a connection that is gone is kept as long as it may be answered', async () => {
  const connections = new Connections({ perAddress: 0, all: 0 });
  const { connection } = connected(connections, 2);
  connection.destroy();
  await settle();
  connections.settle(connection.key);
  expect(connections.addressOf(connection.key)).toBe('1.1.1.1');
  connections.settle(connection.key);
  expect(connections.addressOf(connection.key)).toBe(undefined);
  expect(connections.newKey()).toBe(connection.key);
});

test('nothing is kept of a term that ends with requests in flight, however many there are', async () => {
  const connections = new Connections({ perAddress: 0, all: 0 });
  const keys = new Set<number>();
  for (let term = 0; term < 5; term++) {
    const [gone, here, late] = [connected(connections, 1), connected(connections, 3), connected(connections, 0)];
    gone.connection.destroy();
    await settle();
    connections.abandonRequests();
    for (const { connection } of [here, late]) connection.end();
    // What its last step has to say goes to nobody, and is not counted against it.
    here.connection.outstanding--;
    await settle();
    for (const { connection } of [gone, here, late]) {
      expect(connections.addressOf(connection.key)).toBe(undefined);
      keys.add(connection.key);
    }
    expect(connections.size).toBe(0);
  }
  expect(keys.size).toBe(3);
});
