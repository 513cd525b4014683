/** The web host in a real browser: what its page may do, and what another page may not. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { decodeFrame, encodeFrame } from '../../src/hosts/message-pack.ts';
import { removeTemporaryDirectory, temporaryDirectory } from '../support/process-guard.ts';
import { describeWith, requireParts } from '../support/requirements.ts';
import { addressIn, zooscope, type Run } from './hosts-support.ts';

const ARGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

describeWith(['chromium'], 'the web host in Chromium', () => {
  let home: string;
  let run: Run;
  let address: string;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    home = temporaryDirectory();
    // Nothing listens there: what is opened at the start stays without a connection.
    run = zooscope(home, ['serve', '--port', '0', '--connect', '127.0.0.1:1']);
    address = await vi.waitFor(
      () => {
        const found = addressIn(run.out());
        expect(found, run.err()).toBeDefined();
        return found as string;
      },
      { timeout: 60_000, interval: 50 },
    );
    browser = await chromium.launch({ executablePath: requireParts('chromium').chromium.executable, args: ARGS });
  });
  afterAll(async () => {
    await browser?.close();
    run?.child.kill('SIGTERM');
    await run?.ended;
    removeTemporaryDirectory(home);
  });
  beforeEach(async () => {
    context = await browser.newContext();
    page = await context.newPage();
  });
  afterEach(() => context.close());

  const origin = (): string => new URL(address).origin;

  test('takes the token out of the address, and keeps the cookie from scripts', async () => {
    const answer = await page.goto(address);
    expect(answer?.status()).toBe(200);
    expect(page.url()).toBe(`${origin()}/`);
    expect(await page.title()).toContain('Zooscope');
    expect(await page.evaluate(() => document.cookie)).toBe('');
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' });
    await page.goBack();
    expect(page.url()).not.toContain('token');
    await page.goto(`${origin()}/`);
    expect(await page.title()).toContain('Zooscope');
  });

  test('tells who was not let in how to get in', async () => {
    const answer = await page.goto(`${origin()}/`);
    expect(answer?.status()).toBe(401);
    expect(await page.textContent('body')).toContain('Open the address that Zooscope printed');
  });

  test('carries a call and its answer', async () => {
    await page.goto(address);
    const frame = encodeFrame({ t: 'q', m: 'call', a: ['c1', 'app.info', {}], i: 'r1' });
    const answer = await page.evaluate(
      (bytes) =>
        new Promise<number[]>((resolve, reject) => {
          const socket = new WebSocket(`ws://${location.host}/socket`);
          socket.binaryType = 'arraybuffer';
          socket.onopen = () => socket.send(Uint8Array.from(bytes));
          socket.onmessage = ({ data }) => {
            const received = [...new Uint8Array(data as ArrayBuffer)];
            // An event may come first: the answer is the frame whose field `i` is `r1`, as MessagePack writes it.
            if (!String.fromCharCode(...received).includes('\xa1i\xa2r1')) return;
            socket.close();
            resolve(received);
          };
          socket.onclose = () => reject(new TypeError('closed'));
        }),
      [...frame],
    );
    expect(decodeFrame(Uint8Array.from(answer))).toMatchObject({ t: 's', i: 'r1', r: { ok: true, value: { host: 'web', secretStore: 'memory' } } });
  });

  test('shows the app without a complaint of the browser', async () => {
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(address);
    await page.waitForFunction(() => (document.querySelector('#app')?.childElementCount ?? 0) > 0);
    expect(complaints).toStrictEqual([]);
  });

  test('runs no script but its own, and fetches nothing from elsewhere', async () => {
    await page.goto(address);
    const violations = await page.evaluate(
      () =>
        new Promise<string[]>((resolve) => {
          const seen: string[] = [];
          document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
            seen.push(effectiveDirective);
            if (seen.length === 3) resolve(seen);
          });
          const script = document.createElement('script');
          script.textContent = 'window.ran = true';
          document.head.append(script);
          const image = new Image();
          image.src = 'http://127.0.0.1:9/x.png';
          void fetch('http://127.0.0.1:9/').catch(() => undefined);
        }),
    );
    expect(violations.toSorted()).toStrictEqual(['connect-src', 'img-src', 'script-src-elem']);
    expect(await page.evaluate(() => 'ran' in window)).toBe(false);
  });

  test('lets no page of another port in, though the cookie goes with its requests', async () => {
    await page.goto(address);
    const other = await foreignSite();
    try {
      await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
      const outcome = await page.evaluate(async (target) => {
        const socket = new Promise<string>((resolve) => {
          const opened = new WebSocket(`${target.replace('http', 'ws')}/socket`);
          opened.onopen = () => resolve('open');
          opened.onclose = () => resolve('refused');
        });
        const read = fetch(`${target}/`, { credentials: 'include' }).then(() => 'read', () => 'refused');
        const frame = new Promise<string>((resolve) => {
          const embedded = document.createElement('iframe');
          embedded.onload = () => resolve(embedded.contentDocument === null ? 'refused' : 'shown');
          embedded.src = target;
          document.body.append(embedded);
        });
        return Promise.all([socket, read, frame]);
      }, origin());
      expect(outcome).toStrictEqual(['refused', 'refused', 'refused']);
    } finally {
      other.close();
    }
  });
});

/** A page that somebody else serves on this machine. */
function foreignSite(): Promise<Server> {
  const server = createServer((_request, response) => response.setHeader('Content-Type', 'text/html').end('<body>elsewhere'));
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
