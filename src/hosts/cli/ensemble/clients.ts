/** The launcher as a client of its own servers: the proof that they work, and the sample tree. */

import { connectZooKeeper } from '../../../client/client.ts';
import { fourLetterWord } from '../../../client/four-letter.ts';
import { silentLogger } from '../../../base/logger.ts';
import { UsageError } from '../../../model/errors.ts';
import { LOOPBACK, type ServerPlace } from '../../../platform/local-ensemble/layout.ts';
import { nodeClock } from '../../../platform/node-clock.ts';
import { nodeHash } from '../../../platform/node-hash.ts';
import { nodeRandom } from '../../../platform/node-random.ts';
import { nodeTransport } from '../../../platform/node-transport.ts';
import { firstWrite, localClient, type ClientParts } from '../../../services/lab/first-write.ts';
import { plantSampleTree } from '../../../services/lab/sample-tree.ts';

const ASK_WITHIN_MS = 1_000;

const transport = nodeTransport({ random: nodeRandom });
const parts: ClientParts = { ports: { transport, clock: nodeClock, random: nodeRandom, logger: silentLogger }, openClient: connectZooKeeper };

/**
 * Waits until the servers commit a transaction, which changes nothing in the tree; then a little for those that do not
 * serve yet, so that a client finds every one of them.
 *
 * @param withinMs ms
 * @throws UsageError NoQuorum when they do not in time; CancelledError when the signal came
 */
export async function waitForWrite(places: readonly ServerPlace[], withinMs: number, signal: AbortSignal): Promise<void> {
  const { written, serving } = await firstWrite(parts, () => servingOf(places), { withinMs, signal, servers: places.length });
  if (!written) throw new UsageError('NoQuorum', `no write succeeded within ${Math.round(withinMs / 1000)} s (${serving} of ${places.length} servers serve)`);
}

/**
 * Plants the sample tree, unless it was planted before.
 *
 * @param text of resources/sample-tree.json
 * @returns whether it did
 * @throws a ZooError, when the ensemble does not take it
 */
export async function plantSample(places: readonly ServerPlace[], text: string): Promise<boolean> {
  const client = localClient(parts, places.map(({ clientPort }) => clientPort));
  try {
    return await plantSampleTree(client, text, nodeHash);
  } finally {
    await client.close();
  }
}

/** The client ports of those that say that they serve. */
async function servingOf(places: readonly ServerPlace[]): Promise<readonly number[]> {
  const ports = places.map(({ clientPort }) => clientPort);
  const answers = await Promise.all(ports.map((port) =>
    fourLetterWord(transport, nodeClock, { host: LOOPBACK, port }, 'srvr', { timeoutMs: ASK_WITHIN_MS }).catch(() => ''),
  ));
  return ports.filter((_port, index) => /^Mode: (leader|follower|observer|standalone)/m.test(answers[index] ?? ''));
}
