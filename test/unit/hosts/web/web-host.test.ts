/** Who gets in at the web host and who does not, and what every answer carries. */

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { silentLogger } from '../../../../src/base/logger.ts';
import { VIEW_FRAME_BYTES_MAX } from '../../../../src/contract/wire-api.ts';
import { encodeFrame } from '../../../../src/hosts/message-pack.ts';
import { CONTENT_SECURITY_POLICY } from '../../../../src/hosts/security-headers.ts';
import { startWebHost, type WebHost } from '../../../../src/hosts/web/web-host.ts';
import { enter } from '../../../contract/carriers.ts';
import { fakeDoors, type FakeDoors } from '../../../contract/fake-door.ts';
import { removeTemporaryDirectory, temporaryDirectory } from '../../../support/process-guard.ts';
import { ask, askRaw, askUpgrade, type Answer } from './http.ts';

let folder: string;
let host: WebHost;
let door: FakeDoors;
let cookie: string;

beforeEach(async () => {
  folder = temporaryDirectory();
  const view = join(folder, 'view');
  mkdirSync(join(view, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'outside');
  writeFileSync(join(view, 'index.html'), '<!doctype html><title>the view</title>');
  writeFileSync(join(view, 'assets', 'index-Ab3_d9Xk.js'), 'export {}');
  writeFileSync(join(view, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  symlinkSync(join(folder, 'secret.txt'), join(view, 'link.txt'));
  door = fakeDoors();
  host = await startWebHost({ openDoor: door.open, folder: view, host: '127.0.0.1', port: 0, logger: silentLogger });
  cookie = await enter(host);
});
afterEach(async () => {
  await host.close();
  removeTemporaryDirectory(folder);
});

const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  ask({ port: host.port, path, headers: { cookie, ...headers } });

describe('going in', () => {
  test('exchanges the token for a cookie and leaves nothing secret in the address', async () => {
    const { status, headers } = await ask({ port: host.port, path: `/?${host.url.split('?')[1]}` });
    expect(status).toBe(303);
    expect(headers.location).toBe('/');
    const [set] = headers['set-cookie'] ?? [];
    expect(set).toMatch(new RegExp(`^zooscope-${host.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`));
    const token = new URL(host.url).searchParams.get('token') ?? '';
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(set).not.toContain(token);
  });

  test('lets a ticket in once, and keeps only so many', async () => {
    const status = async (url: string): Promise<number> => (await ask({ port: host.port, path: `/?${url.split('?')[1]}` })).status;
    const first = host.ticketUrl();
    const second = host.ticketUrl();
    expect([await status(first), await status(first), await status(second), await status(host.url)]).toStrictEqual([303, 401, 303, 303]);
    const oldest = host.ticketUrl();
    const rest = Array.from({ length: 16 }, () => host.ticketUrl());
    expect(await status(oldest)).toBe(401);
    expect(await status(rest[0] as string)).toBe(303);
  });

  test('lets no ticket in that is too old', async () => {
    const url = host.ticketUrl();
    const now = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(now + 121_000);
    try {
      expect((await ask({ port: host.port, path: `/?${url.split('?')[1]}` })).status).toBe(401);
    } finally {
      vi.restoreAllMocks();
    }
  });

  test('serves the view to who has the cookie', async () => {
    expect(await get('/')).toMatchObject({ status: 200, body: expect.stringContaining('the view') });
  });

  test.each([
    ['without a cookie', '/', {}],
    ['with a wrong token', '/?token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', {}],
    ['with an empty token', '/?token=', {}],
    ['with two tokens', '/?token=a&token=b', {}],
    ['with a wrong cookie', '/', { cookie: 'zooscope-PORT=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
    ['with an empty cookie', '/', { cookie: 'zooscope-PORT=' }],
    ['for a file without a cookie', '/assets/index-Ab3_d9Xk.js', {}],
    ['for the session without a cookie', '/session', {}],
    ['with the token at another path', '/index.html?TOKEN', {}],
  ])('answers 401 %s, and says how to get in', async (_what, path, headers: Record<string, string>) => {
    const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', String(host.port))]));
    const token = host.url.split('?')[1] ?? '';
    const answer = await ask({ port: host.port, path: path.replace('TOKEN', token), headers: named });
    expect(answer.status).toBe(401);
    expect(answer.body).toContain('Open the address that Zooscope printed');
    expect(answer.body).not.toContain('the view');
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  test('does not take the token for the cookie', async () => {
    const token = new URL(host.url).searchParams.get('token') ?? '';
    expect(await get('/', { cookie: `zooscope-${host.port}=${token}` })).toMatchObject({ status: 401 });
  });

  test('does not choose between two cookies of its name', async () => {
    expect(await get('/', { cookie: `zooscope-${host.port}=x; ${cookie}` })).toMatchObject({ status: 401 });
  });

  test('tells a page whether its session is still known', async () => {
    expect(await get('/session')).toMatchObject({ status: 204 });
  });
});

describe('other sites', () => {
  test.each(['evil.example', 'evil.example:PORT', '127.0.0.1', '127.0.0.1:1', '127.0.0.1.evil.example:PORT', '127.0.0.2:PORT', '[::1]:PORT', 'a b'])(
    'refuses the Host %j, with a cookie and with the token',
    async (name) => {
      const header = name.replace('PORT', String(host.port));
      expect(await get('/', { host: header })).toMatchObject({ status: 403 });
      const token = await ask({ port: host.port, path: `/?${host.url.split('?')[1]}`, headers: { host: header } });
      expect(token).toMatchObject({ status: 403 });
      expect(token.headers['set-cookie']).toBeUndefined();
    },
  );

  test('takes localhost for 127.0.0.1', async () => {
    expect(await get('/', { host: `localhost:${host.port}` })).toMatchObject({ status: 200 });
    expect(await get('/', { host: `LOCALHOST:${host.port}` })).toMatchObject({ status: 200 });
  });

  test.each(['http://evil.example', 'null', 'https://127.0.0.1:PORT', 'http://127.0.0.1:1', 'http://localhost:PORT'])(
    'refuses the Origin %j',
    async (origin) => {
      const header = origin.replace('PORT', String(host.port));
      expect(await get('/', { origin: header })).toMatchObject({ status: 403 });
      const upgrade = await askUpgrade({ port: host.port, path: '/socket', headers: { cookie, origin: header } });
      expect(upgrade.status).toBe(403);
    },
  );

  test('opens a socket only to its own page with the cookie', async () => {
    const { origin, port } = host;
    const status = async (path: string, headers: Record<string, string>): Promise<number> =>
      (await askUpgrade({ port, path, headers })).status;
    expect(await status('/socket', { cookie, origin })).toBe(101);
    expect(await status('/socket', { origin })).toBe(401);
    expect(await status('/socket', { cookie })).toBe(403);
    expect(await status('/socket', { cookie, origin, host: `evil.example:${port}` })).toBe(403);
    expect(await status('/other', { cookie, origin })).toBe(404);
    expect(await status(`/socket?${host.url.split('?')[1]}`, { origin })).toBe(401);
  });
});

describe('what answers carry', () => {
  const expectHeaders = ({ headers }: Answer): void => {
    expect(headers).toMatchObject({
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
  };

  test('the security headers, whatever the answer is', async () => {
    const { port, origin } = host;
    const answers = await Promise.all([
      get('/'),
      get('/icon.svg'),
      get('/assets/index-Ab3_d9Xk.js'),
      get('/session'),
      get('/missing'),
      get('/', { host: 'evil.example' }),
      ask({ port }),
      ask({ port, path: `/?${host.url.split('?')[1]}` }),
      ask({ port, method: 'POST', headers: { cookie } }),
      askUpgrade({ port, path: '/socket', headers: { origin } }),
      askUpgrade({ port, path: '/x', headers: { origin, cookie } }),
    ]);
    expect(answers.map((answer) => answer.status)).toStrictEqual([200, 200, 200, 204, 404, 403, 401, 303, 405, 401, 404]);
    answers.forEach(expectHeaders);
    expect(await askRaw(port, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 403 [^]*\r\nContent-Security-Policy: /);
    for (const raw of ['nonsense\r\n\r\n', 'GET http://evil.example/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n']) {
      expect(await askRaw(port, raw)).toContain('Content-Security-Policy: default-src');
    }
  });

  test('scripts from the app alone, in the policy', () => {
    expect(CONTENT_SECURITY_POLICY).toContain("script-src 'self';");
    expect(CONTENT_SECURITY_POLICY).toContain("frame-ancestors 'none'");
    expect(CONTENT_SECURITY_POLICY).not.toContain('unsafe-eval');
  });

  test('pages are never kept, files with a hash in their name for ever', async () => {
    expect((await get('/')).headers['cache-control']).toBe('no-store');
    expect((await get('/icon.svg')).headers['cache-control']).toBe('no-store');
    expect((await get('/assets/index-Ab3_d9Xk.js')).headers['cache-control']).toContain('immutable');
  });

  test('nothing but reading is taken', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect(await ask({ port: host.port, method, headers: { cookie } })).toMatchObject({ status: 405 });
    }
    expect(await ask({ port: host.port, method: 'HEAD', headers: { cookie } })).toMatchObject({ status: 200, body: '' });
  });
});

test.each([
  '/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/assets/../../secret.txt', '/assets%2f..%2f..%2fsecret.txt',
  '//secret.txt', '/..\\secret.txt', '/..%5csecret.txt', '/link.txt', '/assets', '/%00', '/index.html%00.txt', '/%',
])('leads nowhere outside of the view: %s', async (path) => {
  const answer = await get(path);
  expect(answer.status).toBe(404);
  expect(answer.body).not.toContain('outside');
});

describe('sockets', () => {
  const socket = async (): Promise<WebSocket> => {
    const own = new WebSocket(`${host.origin.replace('http', 'ws')}/socket`, { origin: host.origin, headers: { cookie } });
    await new Promise((resolve, reject) => own.once('open', resolve).once('error', reject));
    return own;
  };
  const closeOf = (own: WebSocket): Promise<number> => new Promise((resolve) => own.once('close', resolve));

  test.each([
    ['text', 'hello', 1008],
    ['bytes that are no value', Buffer.from([0xc1, 0xff]), 1008],
    ['half a value', Buffer.from([0x92, 0x01]), 1008],
    ['nesting without end', Buffer.alloc(10_000, 0x91), 1008],
    ['more than a view may send', Buffer.alloc(VIEW_FRAME_BYTES_MAX + 1), 1009],
  ])('closes the one that sends %s, and serves the others', async (_what, data, code) => {
    const bad = await socket();
    const good = await socket();
    const closed = closeOf(bad);
    bad.send(data);
    expect(await closed).toBe(code);
    expect(good.readyState).toBe(WebSocket.OPEN);
    good.terminate();
  });

  test('says goodbye when the host ends', async () => {
    const own = await socket();
    const closed = closeOf(own);
    await host.close();
    expect(await closed).toBe(1001);
  });

  describe('of views that do not read', () => {
    const limits = { pauseBytes: 64 * 1024, eventBytesMax: 4 * 1024 * 1024, silentMs: 60_000 };
    const MEGA = 16 * 1024 * 1024;
    const callFrame = (n: number): Uint8Array => encodeFrame({ t: 'q', m: 'call', a: [`c${n}`, 'value', { key: 'mega' }], i: `r${n}` });
    let slowDoor: FakeDoors;
    let own: WebSocket;

    beforeEach(async () => {
      await host.close();
      slowDoor = fakeDoors({ mega: new Uint8Array(MEGA) });
      host = await startWebHost({ openDoor: slowDoor.open, folder: join(folder, 'view'), host: '127.0.0.1', port: 0, logger: silentLogger, limits });
      cookie = await enter(host);
      own = await socket();
      own.pause();
    });
    afterEach(() => own.terminate());

    test('reads no more calls until the answers are gone', async () => {
      let received = 0;
      own.on('message', (data: Buffer) => {
        received += data.length;
      });
      own.send(callFrame(1));
      await vi.waitFor(() => expect(slowDoor.commands).toHaveLength(1));
      for (let n = 2; n <= 6; n++) own.send(callFrame(n));
      // Another view is answered meanwhile; by then the calls of this one would have been read.
      const other = await socket();
      for (let n = 1; n <= 3; n++) {
        const answer = new Promise((resolve) => other.once('message', resolve));
        other.send(encodeFrame({ t: 'q', m: 'call', a: ['c', 'echo', {}], i: 'r' }));
        await answer;
      }
      other.terminate();
      expect(slowDoor.commands.filter((command) => command === 'value')).toHaveLength(1);
      own.resume();
      await vi.waitFor(() => expect(received).toBeGreaterThan(6 * MEGA), { timeout: 5_000 });
    });

    test('cuts off one that lets events pile up', async () => {
      const closed = closeOf(own);
      own.send(callFrame(1));
      await vi.waitFor(() => expect(slowDoor.commands).toHaveLength(1));
      for (let i = 0; i < 6; i++) slowDoor.emit('tick', new Uint8Array(1024 * 1024));
      own.resume();
      expect(await closed).toBe(1013);
    });
  });
});

test('says what is wrong when the port is taken or the view is not built', async () => {
  const options = { openDoor: door.open, folder: join(folder, 'view'), host: '127.0.0.1', logger: silentLogger };
  await expect(startWebHost({ ...options, port: host.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await expect(startWebHost({ ...options, port: 0, folder: join(folder, 'none') })).rejects.toMatchObject({ code: 'ENOENT' });
});
