/** Transactions in the log's bytes: every type, both ways, and everything that is not one. */

import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/random.ts';
import { DataTree } from '../../../../src/ensemble/tree/data-tree.ts';
import { decodeTransaction, encodeTransaction, zxidOf } from '../../../../src/ensemble/txn/transaction-codec.ts';
import type { Transaction, TxnBody } from '../../../../src/ensemble/txn/transaction.ts';
import { OPEN_ACL, READ_ACL } from '../../../../src/model/acl.ts';
import { WireError } from '../../../../src/model/errors.ts';
import { TxnMaker } from '../tree/txn-maker.ts';

const acl = [...OPEN_ACL, ...READ_ACL];
const data = new Uint8Array([0, 1, 255]);
const bodies: readonly TxnBody[] = [
  { type: 1, path: '/a', data, acl, ephemeral: true, parentCVersion: 7 },
  { type: 15, path: '/a', data: null, acl: [], ephemeral: false, parentCVersion: -5 },
  { type: 19, path: '/中', data: new Uint8Array(0), acl, parentCVersion: 1 },
  { type: 21, path: '/a', data, acl, parentCVersion: 1, ttlMs: 0xff_ffff_ffffn },
  { type: 2, path: '/a/b' },
  { type: 20, path: '/a/b' },
  { type: 5, path: '/a', data, version: 3 },
  { type: 16, path: '/zookeeper/config', data, version: 1 },
  { type: 7, path: '/a', acl, version: 2 },
  { type: -1, err: -101 },
  { type: -10, timeoutMs: 30_000 },
  { type: -11, paths: ['/a', '/b'] },
  { type: -11, paths: [] },
  { type: -11, paths: null },
  { type: 14, parts: [] },
  { type: 14, parts: [{ type: 13, path: '/a', version: 1 }, { type: 1, path: '/b', data, acl, ephemeral: false, parentCVersion: 2 }] },
  { type: 14, parts: [{ type: 2, path: '/a' }, { type: -1, err: -101 }, { type: -1, err: -2 }] },
];
const header = { sessionId: -3n, cxid: 9, zxid: 0x7_0000_0001n, timeMs: 1_700_000_000_000n };
const withBody = (body: TxnBody, digest: bigint | null): Transaction => ({ header: { ...header, type: body.type }, body, digest });
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Reads bytes that may be anything. @returns null when they were refused as they should be */
function tryDecode(bytes: Uint8Array): Transaction | null {
  try {
    return decodeTransaction(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(WireError);
    return null;
  }
}

describe('every type', () => {
  test.each(bodies)('$type, there and back', (body) => {
    for (const digest of [null, -1n, 0x51c6_d660n]) {
      const bytes = encodeTransaction(withBody(body, digest));
      expect(decodeTransaction(bytes)).toEqual(withBody(body, digest));
      expect(zxidOf(bytes)).toBe(header.zxid);
    }
  });

  test('byte for byte: a closeSession', () => {
    const bytes = encodeTransaction(withBody({ type: -11, paths: ['/e'] }, 2n));
    expect(hex(bytes)).toBe(
      'fffffffffffffffd' + '00000009' + '0000000700000001' + '0000018bcfe56800' + 'fffffff5' +
        '00000001' + '000000022f65' + '00000002' + '0000000000000002',
    );
  });
});

describe('older forms', () => {
  test('a create without the cversion of its parent is read as -1', () => {
    const bytes = encodeTransaction(withBody({ type: 1, path: '/a', data, acl, ephemeral: false, parentCVersion: 6 }, null));
    expect(decodeTransaction(bytes.subarray(0, -4)).body).toMatchObject({ path: '/a', parentCVersion: -1 });
  });

  test('a digest of another version is left out', () => {
    const bytes = encodeTransaction(withBody({ type: 2, path: '/a' }, 5n)).slice();
    bytes[bytes.length - 9] = 3;
    expect(decodeTransaction(bytes).digest).toBeNull();
  });

  test('a lone check is read, and never written', () => {
    const version = Buffer.from('00000001', 'hex');
    const deletion = encodeTransaction(withBody({ type: 2, path: '/a' }, null));
    const bytes = Buffer.concat([deletion, version]);
    bytes.writeInt32BE(13, 28);
    expect(decodeTransaction(bytes).body).toEqual({ type: 13, path: '/a', version: 1 });
    expect(() => encodeTransaction(withBody({ type: 13, path: '/a', version: 1 }, null))).toThrow('a check outside a multi');
  });
});

describe('what is no transaction', () => {
  test('an unknown type is named', () => {
    const bytes = Buffer.from(encodeTransaction(withBody({ type: 2, path: '/a' }, null)));
    bytes.writeInt32BE(77, 28);
    expect(() => decodeTransaction(bytes)).toThrow(new WireError('a transaction of type 77, which is not known here'));
  });

  test.each([14, -10, -11, 0])('a multi of type %i inside is refused', (type) => {
    const bytes = Buffer.from(encodeTransaction(withBody({ type: 14, parts: [{ type: 2, path: '/a' }] }, null)));
    bytes.writeInt32BE(type, 36);
    expect(tryDecode(bytes)).toBeNull();
  });

  test('cut anywhere, it is refused or reads as an older form', () => {
    for (const body of bodies) {
      const bytes = encodeTransaction(withBody(body, 7n));
      for (let length = 0; length < bytes.length; length++) {
        const read = tryDecode(bytes.subarray(0, length));
        // Twelve bytes that begin with 2 are a digest, not half a list: a list of two paths is longer.
        if (body.type === -11 && length === 44) continue;
        if (read !== null) expect(read.digest, `${body.type} cut to ${length} of ${bytes.length}`).toBeNull();
      }
    }
  });

  test('random changes and random bytes give nothing but WireError', () => {
    const random = seededRandom(11);
    const maker = new TxnMaker(random, new DataTree({ extendedTypes: true, digestEnabled: false }));
    for (let i = 0; i < 3000; i++) {
      const bytes = encodeTransaction(maker.next()).slice();
      for (let n = random.uint32() % 4; n >= 0; n--) bytes[random.uint32() % bytes.length] = random.uint32();
      tryDecode(bytes);
      tryDecode(bytes.map(() => random.uint32()));
    }
  });
});
