/** Asks one server for its state, without a session: `srvr`, which servers allow by default, and `mntr` where they do. */

import type { Clock } from '../../base/clock.ts';
import type { CancelSignal } from '../../base/signal.ts';
import { formatServer } from '../../client/connect-string.ts';
import type { ServerAddress } from '../../client/transport.ts';
import type { ServerStatus } from '../../contract/cluster.ts';
import type { Failure } from '../../contract/shapes.ts';
import { CancelledError, ZooError } from '../../model/errors.ts';
import { counterOf, epochOf } from '../../model/zxid.ts';
import { makeFailure, toFailure } from '../failure.ts';
import type { AskServer } from '../ports.ts';
import { pause } from '../util/cancel.ts';
import { isRefused, numberOf, parseMntr, parseSrvr, type SrvrReport } from './parse-srvr.ts';

/** One server's time for all of its answers. */
export const SERVER_TIMEOUT_MS = 3_000;
/** A server that changes its role closes all connections, and takes new ones a moment later. */
const AGAIN_AFTER_MS = 100;

export interface RoundParts {
  readonly clock: Clock;
  readonly askServer: AskServer;
  /** Words that this server refused before; it is not asked for them again. Added to here. */
  readonly refused: Set<string>;
  readonly current: boolean;
  readonly signal: CancelSignal | undefined;
}

/** The server's state now. @throws CancelledError */
export async function askStatus(server: ServerAddress, parts: RoundParts): Promise<ServerStatus> {
  const { clock, refused } = parts;
  const blank = blankStatus(formatServer(server), parts.current, clock.wallMs());
  const startedMs = clock.monotonicMs();
  try {
    let text = await ask(server, 'srvr', parts);
    let roundTripMs = clock.monotonicMs() - startedMs;
    if (text === '') {
      await pause(clock, AGAIN_AFTER_MS, parts.signal);
      const againMs = clock.monotonicMs();
      text = await ask(server, 'srvr', parts);
      roundTripMs = clock.monotonicMs() - againMs;
    }
    const report = text === null ? null : parseSrvr(text);
    if (report === null) return { ...blank, roundTripMs, reach: 'silent', refused: [...refused], failure: silentFailure(text) };
    const more = await ask(server, 'mntr', parts).catch((error: unknown) => rethrowCancel(error));
    return { ...blank, ...statusOf(report, parseMntr(more ?? '')), roundTripMs, refused: [...refused] };
  } catch (error) {
    rethrowCancel(error);
    // Only what never connected is down; a server that took the connection and fell silent is something else.
    const reach = error instanceof ZooError && !error.retrySafe ? 'silent' : 'down';
    return { ...blank, reach, failure: failureOfAsking(error), refused: [...refused] };
  }
}

/** Asking has no effect on the server, so there is nothing to look for there before asking again. */
function failureOfAsking(error: unknown): Failure {
  const failure = toFailure(error);
  return failure.hint === 'hint.lookThenRetry' ? { ...failure, hint: 'hint.checkPort' } : failure;
}

function rethrowCancel(error: unknown): null {
  if (error instanceof CancelledError || !(error instanceof ZooError)) throw error;
  return null;
}

/** @returns null when the server refuses the word, now or before */
async function ask(server: ServerAddress, word: string, parts: RoundParts): Promise<string | null> {
  if (parts.refused.has(word)) return null;
  const text = await parts.askServer(server, word, { timeoutMs: SERVER_TIMEOUT_MS, signal: parts.signal });
  if (!isRefused(text)) return text;
  parts.refused.add(word);
  return null;
}

function silentFailure(text: string | null): ServerStatus['failure'] {
  if (text === null) return makeFailure('answer', 'ServerSilent', 'the server does not allow the four-letter word srvr');
  // NIOServerCnxn: what every word is answered with until there is a leader.
  if (/not currently serving requests/.test(text)) return makeFailure('answer', 'NotServing', 'the server is not serving requests: it has no leader');
  const said = text.trim().slice(0, 200);
  return makeFailure('answer', 'ServerSilent', said === '' ? 'the server gave no answer' : `the server says: ${said}`);
}

function statusOf(report: SrvrReport, mntr: ReadonlyMap<string, string>): Partial<ServerStatus> {
  const { version, role, zxid, latencyMs, connections, outstanding, nodeCount, received, sent } = report;
  const metric = (key: string): number | null => numberOf(mntr.get(key));
  return {
    reach: 'up',
    version,
    role,
    zxid,
    epoch: zxid === null ? null : epochOf(zxid),
    counter: zxid === null ? null : counterOf(zxid),
    latencyMs,
    connections,
    outstanding,
    nodeCount,
    received,
    sent,
    watchCount: metric('watch_count'),
    ephemerals: metric('ephemerals_count'),
    dataBytes: metric('approximate_data_size'),
    syncedFollowers: metric('synced_followers'),
  };
}

function blankStatus(server: string, current: boolean, atMs: number): ServerStatus {
  return {
    server, current, atMs,
    reach: 'unknown', role: null, version: null, zxid: null, epoch: null, counter: null, lag: null, latencyMs: null,
    roundTripMs: null, connections: null, outstanding: null, nodeCount: null, received: null, sent: null,
    watchCount: null, ephemerals: null, dataBytes: null, syncedFollowers: null, refused: [], failure: null,
  };
}

/** Fills in how far each server lags behind the highest zxid of the round; across epochs counters do not compare. */
export function withLags(servers: readonly ServerStatus[]): ServerStatus[] {
  const highest = servers.reduce<bigint | null>(
    (max, { zxid }) => (zxid !== null && (max === null || zxid > max) ? zxid : max),
    null,
  );
  return servers.map((status) => {
    if (status.zxid === null || highest === null || epochOf(status.zxid) !== epochOf(highest)) return status;
    return { ...status, lag: Number(highest - status.zxid) };
  });
}
