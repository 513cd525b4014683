/** Another client of the server: one read and one write at a time, ten times a second each, and how long each took. */
import { setTimeout as delay } from 'node:timers/promises';
import { createBody, op, pathWatch, setDataBody } from '../../scripts/golden/raw.mjs';
import { PipelinedSession } from '../../scripts/lib/pipelined-session.mjs';

const PAUSE_MS = 20;

/** @param {number[]} list @param {number} share */
const quantile = (list, share) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? NaN;

/** @param {string} host @param {number} port */
export async function startProbe(host, port) {
  const path = '/bench-probe';
  const session = await PipelinedSession.open(host, port);
  await session.send(op.create, createBody(path, 'x'));
  await session.settle();
  /** @type {{ read: number[], write: number[] }} */
  let times = { read: [], write: [] };
  let ended = false;
  const ask = async (/** @type {number[]} */ into, /** @type {number} */ type, /** @type {Uint8Array} */ body) => {
    const beganMs = performance.now();
    await session.send(type, body);
    await session.settle();
    into.push(performance.now() - beganMs);
  };
  const running = (async () => {
    while (!ended) {
      const now = times;
      await ask(now.read, op.getData, pathWatch(path));
      await ask(now.write, op.setData, setDataBody(path, 'y'));
      await delay(PAUSE_MS);
    }
  })();
  return {
    /** What was measured since the last call: medians and 99th percentiles, ms. */
    take() {
      const { read, write } = times;
      times = { read: [], write: [] };
      return { read: [quantile(read, 0.5), quantile(read, 0.99)], write: [quantile(write, 0.5), quantile(write, 0.99)] };
    },
    async stop() {
      ended = true;
      await running;
      await session.close();
    },
  };
}
