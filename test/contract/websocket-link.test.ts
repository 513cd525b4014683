/** How the link to the web host is lost and found again. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { silentLogger } from '../../src/base/logger.ts';
import { VIEW_FRAME_BYTES_MAX } from '../../src/contract/wire-api.ts';
import { startWebHost, type WebHost } from '../../src/hosts/web/web-host.ts';
import { createApi } from '../../src/view/api/client.ts';
import type { Link, LinkState } from '../../src/view/api/link.ts';
import { webSocketLink, type SocketLike } from '../../src/view/api/websocket-link.ts';
import { enter } from './carriers.ts';
import { fakeDoors } from './fake-door.ts';

type AnyCall = (name: string, params: unknown) => Promise<unknown>;

let folder: string;
let host: WebHost;
let cookie: string;
let sockets: WebSocket[];
let link: Link;
let states: LinkState[];
let accepted: () => Promise<boolean>;

const serve = (port: number): Promise<WebHost> =>
  startWebHost({ openDoor: fakeDoors().open, folder, host: '127.0.0.1', port, logger: silentLogger });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zooscope-view-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  host = await serve(0);
  cookie = await enter(host);
  sockets = [];
  states = [];
  accepted = () => Promise.resolve(true);
  link = webSocketLink({
    url: `ws://127.0.0.1:${host.port}/socket`,
    accepted: () => accepted(),
    open(url) {
      const socket = new WebSocket(url, { origin: host.origin, headers: { cookie } });
      sockets.push(socket);
      return socket as unknown as SocketLike;
    },
  });
  link.onState((state) => states.push(state));
});
afterEach(async () => {
  link.close();
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

const untilOpen = (times: number): Promise<void> =>
  vi.waitFor(() => expect(link.state).toMatchObject({ kind: 'open', opened: times }), { timeout: 10_000 });

test('waits with the first calls until it is open', async () => {
  const call = createApi(link).call as unknown as AnyCall;
  expect(link.state.kind).toBe('connecting');
  expect(await call('echo', 1)).toBe(1);
  expect(states.map((state) => state.kind)).toStrictEqual(['open']);
});

test('comes back by itself after a cut, says so, and works', async () => {
  const call = createApi(link).call as unknown as AnyCall;
  await untilOpen(1);
  sockets[0]?.terminate();
  await vi.waitFor(() => expect(link.state.kind).toBe('lost'));
  expect(link.state.retryAtMs).toBeGreaterThan(Date.now() - 1_000);
  await expect(call('echo', 1)).rejects.toMatchObject({ failure: { code: 'ConnectionLost', retrySafe: true } });
  await untilOpen(2);
  expect(await call('echo', 2)).toBe(2);
  expect(sockets).toHaveLength(2);
});

test('keeps trying while the host is away, one socket at a time', async () => {
  await untilOpen(1);
  const { port } = host;
  await host.close();
  accepted = () => Promise.reject(new TypeError('no host'));
  await vi.waitFor(() => expect(sockets.length).toBeGreaterThan(2), { timeout: 10_000 });
  expect(sockets.filter((socket) => socket.readyState !== WebSocket.CLOSED).length).toBeLessThanOrEqual(1);
  host = await serve(port);
  cookie = await enter(host);
  link.reconnect();
  await untilOpen(2);
});

test('ends for good when the host does not know the page any more', async () => {
  await untilOpen(1);
  accepted = () => Promise.resolve(false);
  sockets[0]?.terminate();
  await vi.waitFor(() => expect(link.state.kind).toBe('closed'), { timeout: 5_000 });
  expect(link.state.reason).toContain('open the address');
  expect(sockets).toHaveLength(1);
});

test('refuses a request that no host would take, and stays open', async () => {
  const call = createApi(link).call as unknown as AnyCall;
  await untilOpen(1);
  await expect(call('echo', new Uint8Array(VIEW_FRAME_BYTES_MAX))).rejects.toMatchObject({
    failure: { kind: 'usage', code: 'TooLarge', retrySafe: true },
  });
  expect(await call('echo', 1)).toBe(1);
});

test('drops a host that sends what cannot be read', async () => {
  await untilOpen(1);
  const [socket] = sockets;
  socket?.emit('message', Buffer.from([0xc1]), true);
  await vi.waitFor(() => expect(states.map((state) => state.kind)).toContain('lost'));
  await untilOpen(2);
});
