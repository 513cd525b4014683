/** The proof that an ensemble works: a transaction that it commits. And the sample tree, where it was asked for. */

import { setTimeout as delay } from 'node:timers/promises';
import type { ZooKeeper } from '../../../client/api.ts';
import { connectZooKeeper } from '../../../client/client.ts';
import { fourLetterWord } from '../../../client/four-letter.ts';
import { KeeperError, UsageError, ZooError } from '../../../model/errors.ts';
import { LOOPBACK, clientAddress, type ServerPlace } from '../../../platform/local-ensemble/layout.ts';
import { nodeClock } from '../../../platform/node-clock.ts';
import { nodeHash } from '../../../platform/node-hash.ts';
import { nodeRandom } from '../../../platform/node-random.ts';
import { nodeTransport } from '../../../platform/node-transport.ts';
import { parseSampleTree, writeSampleTree } from '../../../services/lab/sample-tree.ts';
import { withTimeout } from '../../../services/util/cancel.ts';

const POLL_MS = 20;
const ASK_WITHIN_MS = 1_000;
const ATTEMPT_WITHIN_MS = 5_000;
/** A member that has a leader needs a moment to come up to it. */
const OTHERS_WITHIN_MS = 3_000;
const SESSION_MS = 10_000;
const CHECK = 13;

const transport = nodeTransport({ random: nodeRandom });

/**
 * Waits until the servers commit a transaction, which changes nothing in the tree; then a little for those that do not
 * serve yet, so that a client finds every one of them.
 *
 * @param withinMs ms
 * @throws UsageError NoQuorum when they do not in time; the signal's reason when it came
 */
export async function firstWrite(places: readonly ServerPlace[], withinMs: number, signal: AbortSignal): Promise<void> {
  let deadline = performance.now() + withinMs;
  for (let written = false; ; ) {
    signal.throwIfAborted();
    const serving = await servingOf(places);
    if (!written && serving.length > 0 && (await attempt(serving, commits, signal))) {
      written = true;
      deadline = performance.now() + OTHERS_WITHIN_MS;
    }
    if (written && serving.length === places.length) return;
    if (performance.now() > deadline) {
      if (written) return;
      throw new UsageError('NoQuorum', `no write succeeded within ${Math.round(withinMs / 1000)} s (${serving.length} of ${places.length} servers serve)`);
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

/**
 * Plants the sample tree, unless it was planted before.
 *
 * @param text of resources/sample-tree.json
 * @returns whether it did
 * @throws a ZooError, when the ensemble does not take it
 */
export async function plantSample(places: readonly ServerPlace[], text: string): Promise<boolean> {
  const nodes = await parseSampleTree(text, nodeHash);
  const client = clientOf(places);
  try {
    const [first] = nodes;
    if (first === undefined || (await client.exists(first.path)).stat !== null) return false;
    await writeSampleTree(client, nodes);
    return true;
  } finally {
    await client.close();
  }
}

function clientOf(places: readonly ServerPlace[]): ZooKeeper {
  const connectString = places.map(clientAddress).join(',');
  return connectZooKeeper({ connectString, sessionTimeoutMs: SESSION_MS, transport, clock: nodeClock, random: nodeRandom });
}

/** Those that say that they serve. */
async function servingOf(places: readonly ServerPlace[]): Promise<readonly ServerPlace[]> {
  const answers = await Promise.all(places.map(({ clientPort }) =>
    fourLetterWord(transport, nodeClock, { host: LOOPBACK, port: clientPort }, 'srvr', { timeoutMs: ASK_WITHIN_MS }).catch(() => ''),
  ));
  return places.filter((_place, index) => /^Mode: (leader|follower|observer|standalone)/m.test(answers[index] ?? ''));
}

/** @returns false when it did not come off, and may at another time */
async function attempt(places: readonly ServerPlace[], work: (client: ZooKeeper) => Promise<void>, signal: AbortSignal): Promise<boolean> {
  const client = clientOf(places);
  try {
    const done = await withTimeout(nodeClock, ATTEMPT_WITHIN_MS, signal, async () => {
      await work(client);
      return true;
    }, false);
    return done;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ZooError) return false;
    throw error;
  } finally {
    await client.close();
  }
}

/** A multi of one check goes through the leader, the logs and a majority as every write does, and leaves no trace. */
async function commits(client: ZooKeeper): Promise<void> {
  try {
    await client.multi([{ type: CHECK, request: { path: '/', version: -1 } }]);
  } catch (error) {
    // A refusal is committed as well: the root may belong to somebody.
    if (!(error instanceof KeeperError)) throw error;
  }
}
