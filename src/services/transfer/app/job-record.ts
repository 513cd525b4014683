/** A job as views see it, and as it is kept on disk: what it was asked, how far it is, how it ended. */

import * as v from 'valibot';
import { TransferItem, TransferJob, type AnyTransferWork } from '../../../contract/transfer.ts';
import type { JobEnd, JobProgress } from '../api.ts';
import { toFailure } from '../../failure.ts';

/** What is known of a job when it begins. */
export interface JobFacts {
  readonly jobId: string;
  readonly work: AnyTransferWork;
  readonly dryRun: boolean;
  readonly fromName: string | null;
  readonly toName: string | null;
  readonly startedAtMs: number;
  readonly nodesPerSecondMax: number | null;
}

/** A job that has just been made. */
export function newRecord(facts: JobFacts): TransferJob {
  return {
    ...facts,
    state: 'running',
    phase: 'running',
    endedAtMs: null,
    nodes: 0,
    nodesTotal: null,
    bytes: 0,
    counts: { create: 0, change: 0, remove: 0, same: 0, leave: 0, fail: 0 },
    leftOut: {},
    nodesPerSecond: 0,
    remainingMs: null,
    elapsedMs: 0,
    requests: 0,
    latencyMs: null,
    sessionsLost: 0,
    at: null,
    changed: 0,
    zxidBefore: null,
    zxidAfter: null,
    failure: null,
    resumable: false,
    operationId: null,
  };
}

/** The record with what a running job tells. */
export function withProgress(record: TransferJob, progress: JobProgress): TransferJob {
  const { state, phase, nodes, nodesTotal, bytes, counts, leftOut, nodesPerSecond } = progress;
  const { remainingMs, elapsedMs, requests, latencyMs, sessionsLost, at } = progress;
  return {
    ...record, state, phase, nodes, nodesTotal, bytes, nodesPerSecond, remainingMs, elapsedMs, requests, latencyMs, sessionsLost, at,
    counts: { ...counts }, leftOut: { ...leftOut },
  };
}

/** The record of a job that has ended. */
export function withEnd(record: TransferJob, end: JobEnd, atMs: number): TransferJob {
  return {
    ...withProgress(record, end.progress),
    state: end.state,
    endedAtMs: atMs,
    nodesPerSecond: 0,
    remainingMs: null,
    failure: end.failure === null ? null : toFailure(end.failure),
    resumable: end.resumable,
    changed: end.changed,
    zxidBefore: end.zxidBefore,
    zxidAfter: end.zxidAfter,
  };
}

/** What stands on the disk of a job: its record, and which profiles its connections were of. */
export interface StoredJob {
  readonly record: TransferJob;
  /** Profile ids by the connection ids of the work: connections do not outlive the app. */
  readonly profiles: Readonly<Record<string, string>>;
}

const BIGINT = /^bigint:(-?\d+)$/;

/** One line, without its end. */
export function storedLine(job: StoredJob): string {
  return JSON.stringify(job, (_key, value: unknown) => (typeof value === 'bigint' ? `bigint:${value}` : value));
}

const Stored = v.object({ record: TransferJob, profiles: v.record(v.string(), v.string()) });

/** @returns null for a line that is none of ours */
export function parseStored(text: string): StoredJob | null {
  try {
    const value: unknown = JSON.parse(text, (_key, field: unknown) => {
      const match = typeof field === 'string' ? BIGINT.exec(field) : null;
      return match === null ? field : BigInt(match[1] as string);
    });
    const parsed = v.safeParse(Stored, value);
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

/** @returns null for a line that is none of ours */
export function parseItem(text: string): TransferItem | null {
  try {
    const parsed = v.safeParse(TransferItem, JSON.parse(text));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}
