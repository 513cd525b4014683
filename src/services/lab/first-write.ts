/** The proof that local servers work: a transaction that they commit. In: the servers that serve. Must hold: the tree is as before. */

import type { CancelSignal } from '../../base/signal.ts';
import type { ClientOptions, ZooKeeper } from '../../client/api.ts';
import { PROFILE_DEFAULTS } from '../../contract/connections.ts';
import { KeeperError, ZooError } from '../../model/errors.ts';
import { clientOptionsOf, type ClientPorts } from '../connections/connections-service.ts';
import { pause, throwIfCancelled, withTimeout } from '../util/cancel.ts';

const POLL_MS = 40;
const ATTEMPT_WITHIN_MS = 5_000;
/** A member that has a leader needs a moment to come up to it. */
const OTHERS_WITHIN_MS = 3_000;
/** OpCode.check */
const CHECK = 13;

export interface ClientParts {
  readonly ports: ClientPorts;
  readonly openClient: (options: ClientOptions) => ZooKeeper;
}

export interface FirstWriteOptions {
  readonly withinMs: number;
  readonly signal: CancelSignal;
  /** After the write, this many are waited for a little, so that a client finds every one of them. None: 0. */
  readonly servers?: number;
}

export interface FirstWrite {
  /** false: it did not succeed in time. */
  readonly written: boolean;
  /** How many served when they were asked last. */
  readonly serving: number;
}

/** `127.0.0.1:20001,127.0.0.1:20002` */
export const localConnectString = (clientPorts: readonly number[]): string => clientPorts.map((port) => `127.0.0.1:${port}`).join(',');

/** A session on servers of this machine. */
export function localClient({ ports, openClient }: ClientParts, clientPorts: readonly number[]): ZooKeeper {
  return openClient(clientOptionsOf(ports, { ...PROFILE_DEFAULTS, connectString: localConnectString(clientPorts) }, []));
}

/**
 * Waits until the servers commit a transaction.
 *
 * @param serving asks which of them serve now: their client ports
 * @throws CancelledError
 */
export async function firstWrite(
  parts: ClientParts, serving: () => Promise<readonly number[]>, { withinMs, signal, servers = 0 }: FirstWriteOptions,
): Promise<FirstWrite> {
  const { clock } = parts.ports;
  let deadlineMs = clock.monotonicMs() + withinMs;
  for (let written = false; ; ) {
    throwIfCancelled(signal);
    const clientPorts = await serving();
    if (!written && clientPorts.length > 0 && (await commits(parts, clientPorts, signal))) {
      written = true;
      deadlineMs = clock.monotonicMs() + OTHERS_WITHIN_MS;
    }
    const enough = written && clientPorts.length >= servers;
    if (enough || clock.monotonicMs() >= deadlineMs) return { written, serving: clientPorts.length };
    await pause(clock, POLL_MS, signal);
  }
}

/** A multi of one check goes through the leader, the logs and a majority as every write does, and leaves no trace. */
async function commits(parts: ClientParts, clientPorts: readonly number[], signal: CancelSignal): Promise<boolean> {
  const client = localClient(parts, clientPorts);
  try {
    return await withTimeout(parts.ports.clock, ATTEMPT_WITHIN_MS, signal, async (within) => {
      await client.ready({ signal: within });
      await client.multi([{ type: CHECK, request: { path: '/', version: -1 } }], { signal: within });
      return true;
    }, false);
  } catch (error) {
    throwIfCancelled(signal);
    // A refusal is committed as well: the root may belong to somebody.
    if (error instanceof KeeperError) return true;
    // It may go better at another time, on another server.
    if (error instanceof ZooError) return false;
    throw error;
  } finally {
    await client.close();
  }
}
