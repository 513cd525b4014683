/// <reference lib="dom" />
/**
 * Opening and scrolling a wide node, as a person sees it: the whole app in Chromium on an Apache server, on loopback and
 * through a proxy that adds 4 ms of round trip.
 *
 *     node bench/wide-node.mjs [--sizes 10000,100000,1000000] [--runs 5]
 *
 * Prints for each: milliseconds from the click (or from "list them", where the app asks first) to the first rows on
 * screen; the longest frame while scrolling end to end; the window's memory; and how many requests the server counted
 * for the opening, the rows on screen not included.
 */
import { parseArgs } from 'node:util';
import { cleanUp, fourLetterWord, startServer } from '../scripts/golden/launch.mjs';
import { largestRendererBytes, launchBrowser, serveApp } from './lib/app.mjs';
import { startDelayProxy } from './lib/delay-proxy.mjs';
import { makeWideNode } from './lib/populate.mjs';

const { values } = parseArgs({
  options: { sizes: { type: 'string', default: '10000,100000' }, runs: { type: 'string', default: '5' } },
});
const sizes = values.sizes.split(',').map(Number);
const runs = Number(values.runs);

const median = (/** @type {number[]} */ list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;
const received = async (/** @type {number} */ port) =>
  Number(/Received: (\d+)/.exec(await fourLetterWord(port, 'srvr'))?.[1] ?? NaN);

/**
 * Clicks and waits for rows, all within the page, so that no message to and from the browser is in the figure.
 * @param {{ path: string, selector: string, mayAsk: boolean }} what
 */
function clickToRows({ path, selector, mayAsk }) {
  return new Promise((resolve, reject) => {
    const target = document.querySelector(selector);
    if (!(target instanceof HTMLElement || target instanceof SVGElement)) return reject(new Error(`no ${selector}`));
    const start = performance.now();
    let last = start;
    let longest = 0;
    const look = (/** @type {number} */ now) => {
      longest = Math.max(longest, now - last);
      last = now;
      const child = document.querySelector(`[data-key^="${path}/child-"]`);
      const asks = mayAsk && document.querySelector(`[data-key="${path}//note"] .action`) !== null;
      if (child !== null || asks) return resolve({ ms: performance.now() - start, longest, asks: child === null });
      if (now - start > 60_000) return reject(new Error(`no rows of ${path} within a minute`));
      requestAnimationFrame(look);
    };
    target.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    requestAnimationFrame(look);
  });
}

/** Scrolls from end to end in steps, one a frame, and gives the frames' lengths. @param {number} frames */
function scrollThrough(frames) {
  return new Promise((resolve) => {
    const tree = /** @type {HTMLElement} */ (document.querySelector('[role=tree]'));
    const far = tree.scrollHeight - tree.clientHeight;
    /** @type {number[]} */
    const lengths = [];
    let n = 0;
    let last = performance.now();
    const step = (/** @type {number} */ now) => {
      if (n > 0) lengths.push(now - last);
      last = now;
      if (n++ >= frames) return resolve(lengths);
      // Slow drags, leaps, and the way back.
      const share = n < frames / 2 ? (n * 37) % (frames / 2) / (frames / 2) : 1 - (n - frames / 2) / (frames / 2);
      tree.scrollTop = far * share;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {{ label: string, connect: string, serverPort: number, children: number }} spec
 */
async function measure(browser, { label, connect, serverPort, children }) {
  const path = `/wide${children}`;
  const opened = [];
  const frames = [];
  let memory = 0;
  let requests = 0;
  for (let run = 0; run < runs; run++) {
    const app = await serveApp(connect);
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(app.url);
    const row = page.locator(`[data-key="${path}"]`);
    await row.waitFor({ timeout: 30_000 });
    // The rows' stats come first, so that the app knows how wide the node is.
    await row.locator('.count').waitFor({ timeout: 10_000 });
    const before = await received(serverPort);
    let seen = await page.evaluate(clickToRows, { path, selector: `[data-key="${path}"] .twisty`, mayAsk: true });
    if (seen.asks) {
      seen = await page.evaluate(clickToRows, { path, selector: `[data-key="${path}//note"] .action`, mayAsk: false });
    }
    requests = (await received(serverPort)) - before - 1;
    opened.push(seen.ms);
    const lengths = await page.evaluate(scrollThrough, 240);
    frames.push(Math.max(...lengths));
    memory = Math.max(memory, largestRendererBytes());
    await page.close();
    await app.stop();
  }
  const line = {
    run: label,
    children,
    'open, ms (median)': Math.round(median(opened)),
    'open, ms (worst)': Math.round(Math.max(...opened)),
    'longest frame, ms (median)': Math.round(median(frames)),
    'longest frame, ms (worst)': Math.round(Math.max(...frames)),
    'window, MB': Math.round(memory / 1e6),
    requests,
  };
  console.log(JSON.stringify(line));
  return line;
}

const server = await startServer({ name: 'wide', options: ['-Dzookeeper.forceSync=no', '-Xmx3g'] });
for (const children of sizes) await makeWideNode(server.port, `/wide${children}`, children);
const proxy = await startDelayProxy(server.port, 2);
const browser = await launchBrowser();
const table = [];
try {
  for (const children of sizes) {
    const connect = (/** @type {number} */ port) => `127.0.0.1:${port}`;
    table.push(await measure(browser, { label: 'loopback', connect: connect(server.port), serverPort: server.port, children }));
    table.push(await measure(browser, { label: '4 ms', connect: connect(proxy.port), serverPort: server.port, children }));
  }
} finally {
  await browser.close();
  proxy.close();
  cleanUp();
}
console.table(table);
