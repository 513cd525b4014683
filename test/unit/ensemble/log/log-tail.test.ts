/** The end of a log: what a crash leaves is told from what somebody or something did to it. */

import { describe, expect, test } from 'vitest';
import { examineTail } from '../../../../src/ensemble/log/log-tail.ts';
import { logEntry, logHeader, readLog, type Damage } from '../../../../src/ensemble/log/log-format.ts';
import { encodeTransaction } from '../../../../src/ensemble/txn/transaction-codec.ts';

const OFFSETS: number[] = [];
const PAYLOAD_BYTES = 300;

/** Twenty entries of some 400 bytes, and room ahead. */
function log(): Uint8Array {
  const parts: Uint8Array[] = [logHeader()];
  let at = 16;
  OFFSETS.length = 0;
  for (let i = 1; i <= 20; i++) {
    const header = { sessionId: 1n, cxid: i, zxid: BigInt(i), timeMs: 5n, type: 5 };
    const body = { type: 5, path: `/n${i}`, data: new Uint8Array(PAYLOAD_BYTES).fill(64 + i), version: i } as const;
    const entry = logEntry(encodeTransaction({ header, body, digest: 7n }));
    OFFSETS.push(at);
    parts.push(entry);
    at += entry.length;
  }
  OFFSETS.push(at);
  return Buffer.concat([...parts, new Uint8Array(5000)]);
}

function damageOf(bytes: Uint8Array): { readonly whole: number; readonly damage: Damage | null } {
  const entries = readLog('log.1', bytes);
  for (let whole = 0; ; whole++) {
    const step = entries.next();
    if (step.done === true) return { whole, damage: step.value };
  }
}

const at = (entry: number): number => OFFSETS[entry] as number;

test('a log that simply ends is not damaged', () => {
  const bytes = log();
  expect(damageOf(bytes)).toEqual({ whole: 20, damage: null });
  expect(damageOf(bytes.slice(0, at(20)))).toEqual({ whole: 20, damage: null });
  expect(examineTail(bytes, at(20))).toBeNull();
});

describe('a torn write', () => {
  test('cut at any byte of the last entry', () => {
    const bytes = log();
    for (let length = at(19) + 5; length < at(20); length++) {
      expect(damageOf(bytes.slice(0, length)), `cut to ${length}`).toMatchObject({ whole: 19, damage: { torn: true } });
      const zeroed = bytes.slice();
      zeroed.fill(0, length);
      expect(damageOf(zeroed), `zeros from ${length}`).toMatchObject({ whole: 19, damage: { torn: true } });
    }
  });

  test('any one lost sector of the last entries', () => {
    for (let sector = Math.ceil(at(14) / 512); sector * 512 < at(20); sector++) {
      const bytes = log();
      bytes.fill(0, sector * 512, sector * 512 + 512);
      const { whole, damage } = damageOf(bytes);
      expect(whole).toBeLessThan(20);
      expect(damage, `sector ${sector}`).toMatchObject({ torn: true, offset: at(whole) });
    }
  });
});

describe('what was written and changed afterwards is no torn write', () => {
  test.each([3, 18, 19])('one bit of entry %i, wherever it is', (entry) => {
    for (let byte = at(entry); byte < at(entry + 1); byte++) {
      const bytes = log();
      bytes[byte] = (bytes[byte] as number) ^ 0x10;
      const { whole, damage } = damageOf(bytes);
      expect(whole).toBe(entry);
      expect(damage, `byte ${byte - at(entry)}`).toMatchObject({ torn: false, offset: at(entry) });
    }
  });

  test('a lost sector with more behind it than one batch', () => {
    const header = { sessionId: 1n, cxid: 1, timeMs: 5n, type: -1 };
    const entry = (zxid: bigint): Uint8Array => logEntry(encodeTransaction({ header: { ...header, zxid }, body: { type: -1, err: -1 }, digest: null }));
    const bytes = Buffer.concat([logHeader(), ...Array.from({ length: 1100 }, (_, i) => entry(BigInt(i + 1)))]);
    bytes.fill(0, 512, 1024);
    const { damage } = damageOf(bytes);
    expect(damage).toMatchObject({ torn: false });
    expect(damage?.entriesAfter).toBeGreaterThan(1000);
  });
});
