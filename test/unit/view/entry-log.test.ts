import { describe, expect, it } from 'vitest';
import { append, EMPTY_LOG, gapBefore, type EntryLog } from '../../../src/view/stores/entry-log.ts';
import { createEntryTracker } from '../../../src/view/stores/entry-tracker.ts';
import { totalsOf, type RequestRow } from '../../../src/view/stores/requests.ts';
import { settle } from './fake-api.ts';

interface Entry {
  readonly seq: number;
  readonly connectionId: string;
}
const run = (from: number, to: number, connectionId = 'c'): Entry[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ seq: from + i, connectionId }));
/** The numbers of a log; a hole as `from-to`. */
const seqs = (log: EntryLog<Entry> | undefined): (number | string)[] =>
  (log?.rows ?? []).map((row) => ('missing' in row ? `${row.fromSeq}-${row.toSeq}` : row.seq));

describe('a log of entries', () => {
  it('joins batches, ignores what it knows, sorts what is not in order', () => {
    const log = append(append(EMPTY_LOG as EntryLog<Entry>, run(1, 3), 10), [...run(5, 5), ...run(2, 4)], 10);
    expect(seqs(log)).toEqual([1, 2, 3, 4, 5]);
  });

  it('shows what is missing, but not what was dropped before it was first looked at', () => {
    const log = append(EMPTY_LOG as EntryLog<Entry>, run(100, 101), 10, false);
    expect(seqs(log)).toEqual([100, 101]);
    expect(gapBefore(log, run(105, 106))).toBe(101);
    expect(gapBefore(log, run(102, 103))).toBeNull();
    expect(seqs(append(log, run(105, 106), 10))).toEqual([100, 101, '102-104', 105, 106]);
  });

  it('keeps at most as many rows as it may', () => {
    let log: EntryLog<Entry> = EMPTY_LOG;
    for (let i = 0; i < 40; i++) log = append(log, run(i * 50 + 1, i * 50 + 50), 100);
    expect(log.rows).toHaveLength(100);
    expect(log.lastSeq).toBe(2000);
  });
});

describe('following a connection', () => {
  it('reads the history once, holds back what comes meanwhile, and asks again after a gap', async () => {
    const asked: number[] = [];
    const answers: ((entries: Entry[]) => void)[] = [];
    const tracker = createEntryTracker<Entry>(100, (_, afterSeq) => {
      asked.push(afterSeq);
      return new Promise((resolve) => answers.push(resolve));
    });
    const log = (): EntryLog<Entry> | undefined => tracker.logs.value.get('c');
    tracker.take(run(1, 2));
    expect(log()).toBeUndefined();

    const tracked = tracker.track('c');
    tracker.take([...run(4, 5), ...run(1, 1, 'other')]);
    expect(seqs(log())).toEqual([]);
    answers[0]!(run(1, 4));
    await tracked;
    expect(seqs(log())).toEqual([1, 2, 3, 4, 5]);

    tracker.take(run(9, 9));
    tracker.take(run(10, 10));
    expect(asked).toEqual([0, 5]);
    answers[1]!(run(6, 9));
    await settle();
    expect(seqs(log())).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);

    tracker.take(run(15, 15));
    answers[2]!(run(13, 15));
    await settle();
    expect(seqs(log())).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, '11-12', 13, 14, 15]);

    tracker.drop('c');
    tracker.take(run(16, 16));
    expect(log()).toBeUndefined();
  });

  it('shows the hole when the history cannot be had', async () => {
    let fail = false;
    const tracker = createEntryTracker<Entry>(100, () => (fail ? Promise.reject(new RangeError('lost')) : Promise.resolve(run(1, 2))));
    await tracker.track('c');
    fail = true;
    tracker.take(run(5, 5));
    await settle();
    expect(seqs(tracker.logs.value.get('c'))).toEqual([1, 2, '3-4', 5]);
  });
});

describe('totals of requests', () => {
  it('sums what is shown and leaves holes out', () => {
    const row = (seq: number, latencyMs: number | null, result = 'Ok'): RequestRow => ({
      connectionId: 'c', seq, atMs: 0, operation: 'getData', path: '/a', bytesOut: 10, bytesIn: 100, latencyMs, result, zxid: null, server: null,
    });
    expect(totalsOf([row(1, 2), { missing: true, fromSeq: 2, toSeq: 4 }, row(5, 4, 'NoNode'), row(6, null, 'ConnectionLoss')])).toEqual({
      requests: 3, failed: 2, bytesOut: 30, bytesIn: 300, averageMs: 3, slowestMs: 4,
    });
    expect(totalsOf([])).toMatchObject({ requests: 0, averageMs: null, slowestMs: null });
  });
});
