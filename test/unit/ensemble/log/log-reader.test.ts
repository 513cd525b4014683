/** A log read in pieces says the same as one read whole, wherever it is cut or spoiled. */

import { expect, test } from 'vitest';
import { below, seededRandom } from '../../../../src/base/random.ts';
import { logEntry, logHeader, readLog, type Damage } from '../../../../src/ensemble/log/log-format.ts';
import { readLogFile } from '../../../../src/ensemble/log/log-reader.ts';
import { isAllZero } from '../../../../src/ensemble/log/log-tail.ts';
import { StorageError } from '../../../../src/ensemble/log/storage-error.ts';
import { encodeTransaction } from '../../../../src/ensemble/txn/transaction-codec.ts';
import { memoryDisk } from './memory-disk.ts';

interface Outcome {
  readonly entries: readonly (readonly [bigint, number, number])[];
  readonly damage: Damage | StorageError | null;
}

function whole(bytes: Uint8Array): Outcome {
  const entries: [bigint, number, number][] = [];
  try {
    const reading = readLog('log.1', bytes);
    for (;;) {
      const step = reading.next();
      if (step.done === true) return { entries, damage: step.value };
      entries.push([step.value.txn.header.zxid, step.value.offset, step.value.end]);
    }
  } catch (error) {
    if (error instanceof StorageError) return { entries, damage: error };
    throw error;
  }
}

async function inPieces(bytes: Uint8Array): Promise<Outcome> {
  const entries: [bigint, number, number][] = [];
  const damage = await readLogFile(memoryDisk({ 'log.1': bytes }), 'log.1', ({ txn, offset, end }) => entries.push([txn.header.zxid, offset, end]))
    .catch((error: unknown) => {
      if (error instanceof StorageError) return error;
      throw error;
    });
  return { entries, damage };
}

function setData(zxid: bigint, dataBytes: number): Uint8Array {
  const header = { sessionId: 1n, cxid: 1, zxid, timeMs: 5n, type: 5 };
  return logEntry(encodeTransaction({ header, body: { type: 5, path: '/n', data: new Uint8Array(dataBytes).fill(65), version: 1 }, digest: 7n }));
}

/** Small entries, some larger than a piece, and room ahead. */
const log = Buffer.concat([logHeader(), ...Array.from({ length: 30 }, (_, i) => setData(BigInt(i + 1), i % 7 === 3 ? 3500 : 20 + i)), new Uint8Array(9000)]);
const end = log.findLastIndex((byte) => byte !== 0) + 1;

test('whole, empty, cut anywhere near its pieces', async () => {
  expect((await inPieces(log)).entries.length).toBe(30);
  for (const length of [0, 1, 15, 16, 17, 28, 29, 999, 1000, 1001, 1015, 4000, end - 1, end, end + 1, end + 12, end + 13, log.length]) {
    const cut = log.subarray(0, length);
    expect(await inPieces(cut), `cut to ${length}`).toEqual(whole(cut));
  }
});

test('spoiled by a seed', async () => {
  const random = seededRandom(5);
  const damaged = new Set<string>();
  for (let i = 0; i < 400; i++) {
    const bytes = Buffer.from(log);
    const at = below(random, end);
    switch (below(random, 4)) {
      case 0: bytes[at] = below(random, 256); break;
      case 1: bytes.fill(0, at, at + 512); break;
      case 2: bytes.fill(0, Math.floor(at / 512) * 512, Math.floor(at / 512) * 512 + 512); break;
      default: bytes.writeInt32BE([0, -1, 70_000, 0x7fff_ffff, 5000][below(random, 5)] as number, at);
    }
    const outcome = whole(bytes);
    expect(await inPieces(bytes), `run ${i}`).toEqual(outcome);
    damaged.add(outcome.damage === null ? 'no' : outcome.damage instanceof StorageError ? 'no log' : `${outcome.damage.torn}`);
  }
  expect([...damaged].sort()).toEqual(['false', 'no', 'no log', 'true']);
});

test('zeros, and what is no log', async () => {
  for (const bytes of [new Uint8Array(5000), Buffer.from('a text'), Buffer.from('a text that is long enough to be a log')]) {
    expect(await inPieces(bytes)).toEqual(whole(bytes));
  }
});

test('a disk that refuses is named', async () => {
  const disk = { ...memoryDisk({ 'log.1': log }), size: () => Promise.reject(new Error('EIO')) };
  await expect(readLogFile(disk, 'log.1', () => undefined)).rejects.toMatchObject({ code: 'ReadFailed', file: 'log.1' });
});

test('zeros are told from the rest, however they lie in memory', () => {
  const buffer = new Uint8Array(40);
  for (let from = 0; from < 8; from++) {
    for (let to = from; to < 40; to++) {
      expect(isAllZero(buffer.subarray(from, to))).toBe(true);
      for (let at = from; at < to; at++) {
        buffer[at] = 1;
        expect(isAllZero(buffer.subarray(from, to))).toBe(false);
        buffer[at] = 0;
      }
    }
  }
});
