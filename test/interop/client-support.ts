/**
 * Clients for tests, over Node's real sockets and clock. In: a connect string. Out: clients that are ended after
 * each test, watchers that remember, and waiting for a condition instead of for a time.
 */

import { existsSync } from 'node:fs';
import { afterEach, describe } from 'vitest';
import type { ClientOptions, WatchedEvent, Watcher, ZooKeeper } from '../../src/client/api.ts';
import { connectZooKeeper } from '../../src/client/client.ts';
import { ZooError } from '../../src/model/errors.ts';
import { eventName } from '../../src/model/watch.ts';
import { nodeClock } from '../../src/platform/node-clock.ts';
import { nodeRandom } from '../../src/platform/node-random.ts';
import { installNodeText } from '../../src/platform/node-text.ts';
import { nodeTransport } from '../../src/platform/node-transport.ts';
import { embeddedEntry, type Topology } from '../support/embedded.ts';
import { describeWith, partsAreMandatory } from '../support/requirements.ts';

installNodeText();

export const transport = nodeTransport({ random: nodeRandom });
export { nodeClock, nodeRandom };

const open = new Set<ZooKeeper>();

afterEach(async () => {
  await Promise.all([...open].map((client) => client.close()));
  open.clear();
});

/** A client that has begun to connect; ended after the test. */
export function openClient(connectString: string, options: Partial<ClientOptions> = {}): ZooKeeper {
  const client = connectZooKeeper({
    connectString,
    sessionTimeoutMs: 8_000,
    transport,
    clock: nodeClock,
    random: nodeRandom,
    ...options,
  });
  open.add(client);
  return client;
}

/** The same, connected. */
export async function readyClient(connectString: string, options: Partial<ClientOptions> = {}): Promise<ZooKeeper> {
  const client = openClient(connectString, options);
  await client.ready();
  return client;
}

/** Resolves when the condition holds. */
export async function until(what: string, condition: () => unknown, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if ((await condition()) as boolean) return;
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export interface Recorder {
  readonly watcher: Watcher;
  readonly events: WatchedEvent[];
  /** `NodeCreated /path`, in order. */
  readonly lines: string[];
}

/** A watcher that remembers what it was told. */
export function recorder(): Recorder {
  const events: WatchedEvent[] = [];
  const lines: string[] = [];
  const watcher = (event: WatchedEvent): void => {
    events.push(event);
    lines.push(`${eventName(event.type)} ${event.path ?? '-'}`);
  };
  return { watcher, events, lines };
}

/** The code of the ZooError that the promise rejects with, or `fulfilled`. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'fulfilled';
  } catch (error) {
    if (error instanceof ZooError) return error.code;
    throw error;
  }
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (data: Uint8Array | null): string | null => (data === null ? null : new TextDecoder().decode(data));

/** `describe` for a topology: the embedded server also needs a build. */
export function describeTopology(topology: Topology, body: () => void): void {
  if (topology.kind === 'embedded' && !existsSync(embeddedEntry()) && !partsAreMandatory()) {
    process.stderr.write(`skipped: client on the ${topology.name} server (no ${embeddedEntry()}: npm run build)\n`);
    describe.skip(topology.name, body);
    return;
  }
  describeWith(topology.parts, topology.name, body);
}
