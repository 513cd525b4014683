/** The app's jobs: begun once, gone on with once, and nothing begun that nobody waits for. */

import { expect, test } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import type { TransferWork } from '../../../../src/contract/transfer.ts';
import { UsageError } from '../../../../src/model/errors.ts';
import { nodeClock } from '../../../../src/platform/node-clock.ts';
import { Journal } from '../../../../src/services/history/journal.ts';
import type { CreateJob, JobEnd } from '../../../../src/services/transfer/api.ts';
import { TransferService, type TransferParts } from '../../../../src/services/transfer/app/transfer-service.ts';
import { memoryLogs, memoryTransfer } from '../memory-logs.ts';

const work: TransferWork = { kind: 'delete', connectionId: 'c', path: '/a', ephemerals: false, acl: true };

/** A service whose jobs run until they are cancelled. */
function setUp() {
  const transfer = memoryTransfer();
  const logs = memoryLogs();
  const started: (() => void)[] = [];
  const profile = { id: 'p', name: 'orders', juteMaxBuffer: 1_048_575, hosts: 'a:1' };
  const connection = { profile, readOnly: false, credentials: [], feed: { add: () => undefined }, connectionId: 'c' };
  let reopen = (): Promise<unknown> => Promise.resolve(connection);
  const createJob: CreateJob = (_work, _options, { log }) => {
    let cancel = (): void => undefined;
    const ended = new Promise<void>((resolve) => (cancel = resolve));
    const progress: JobEnd['progress'] = {
      state: 'running', phase: 'running', nodes: 0, nodesTotal: null, bytes: 0, counts: { create: 0, change: 0, remove: 0, same: 0, leave: 0, fail: 0 },
      leftOut: {}, nodesPerSecond: 0, remainingMs: null, elapsedMs: 0, requests: 0, inFlight: 0, latencyMs: null, sessionsLost: 0, at: null,
    };
    return {
      progress,
      async run() {
        started.push(cancel);
        await log?.append(['begun']);
        await ended;
        return { state: 'cancelled', failure: null, resumable: true, progress, zxidBefore: null, zxidAfter: null, changed: 0 };
      },
      pause: () => undefined, resume: () => undefined, cancel: () => cancel(), setNodesPerSecondMax: () => undefined,
    };
  };
  const ports = { clock: nodeClock, random: seededRandom(1), logger: silentLogger, hash: () => Promise.resolve(new Uint8Array(20)), transfer };
  const journal = new Journal({
    folder: logs, base64: transfer.tools.base64, clock: nodeClock, random: seededRandom(2), logger: silentLogger, onChanged: () => undefined, onForgotten: () => undefined,
  });
  const connections = { get: () => connection, find: () => undefined, open: () => reopen() };
  const parts = { ports, connections, journal, notices: { add: () => undefined }, tell: () => undefined, createJob, openClient: () => undefined, askServer: () => undefined };
  const service = new TransferService(parts as unknown as TransferParts);
  return { service, started, logs, connection, onReopen: (fn: () => Promise<unknown>) => (reopen = fn) };
}

async function interruptedJob(parts: ReturnType<typeof setUp>): Promise<string> {
  const { jobId } = await parts.service.start(work, false, null);
  await parts.service.control(jobId, 'cancel');
  await expect.poll(async () => (await parts.service.get(jobId)).state).toBe('cancelled');
  return jobId;
}

test('a job that is told twice to go on goes on once', async () => {
  const parts = setUp();
  const jobId = await interruptedJob(parts);
  const [first, second] = await Promise.allSettled([parts.service.control(jobId, 'resume'), parts.service.control(jobId, 'resume')]);
  expect(first.status).toBe('fulfilled');
  expect(second).toMatchObject({ status: 'rejected', reason: { code: 'NotResumable' } });
  expect(parts.started).toHaveLength(2);
  await parts.service.close();
});

test('a job that cannot go on just now can later', async () => {
  const parts = setUp();
  const jobId = await interruptedJob(parts);
  parts.onReopen(() => Promise.reject(new UsageError('UnknownProfile', 'no such connection')));
  await expect(parts.service.control(jobId, 'resume')).rejects.toMatchObject({ code: 'UnknownProfile' });
  expect(await parts.service.get(jobId)).toMatchObject({ state: 'cancelled', resumable: true });
  parts.onReopen(() => Promise.resolve(parts.connection));
  await parts.service.control(jobId, 'resume');
  expect(parts.started).toHaveLength(2);
  await expect(parts.service.control(jobId, 'forget')).rejects.toMatchObject({ code: 'JobRuns' });
  await parts.service.close();
  expect((await parts.service.get(jobId)).resumable).toBe(true);
});

test('no more than four at once, however quickly they are asked for', async () => {
  const { service, started } = setUp();
  const begun = await Promise.allSettled(Array.from({ length: 9 }, () => service.start(work, false, null)));
  expect(begun.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
  expect(started).toHaveLength(4);
  await service.close();
  await expect(service.start(work, false, null)).rejects.toMatchObject({ code: 'Closed' });
});
