/** Records of random values: written, read again, and the same. */

import { describe, expect, test } from 'vitest';
import { below, seededRandom, type Random } from '../../../src/base/random.ts';
import { WireError } from '../../../src/model/errors.ts';
import type { MultiOp, MultiReadOp, MultiResult } from '../../../src/wire/operations/multi.ts';
import { MultiReadRequest, MultiRequest, MultiResponse } from '../../../src/wire/operations/multi.ts';
import { bool, buffer, int, long, nullableUstring, nullableVector, ustring, type Codec } from '../../../src/wire/jute/codec.ts';
import { decode, encode } from '../../../src/wire/jute/encode.ts';
import { JuteWriter } from '../../../src/wire/jute/jute-writer.ts';
import { CreateRequest } from '../../../src/wire/operations/create.ts';
import { CreateTtlRequest } from '../../../src/wire/operations/create-ttl.ts';
import { GetAclResponse } from '../../../src/wire/operations/get-acl.ts';
import { GetChildren2Response } from '../../../src/wire/operations/get-children.ts';
import { GetDataResponse } from '../../../src/wire/operations/get-data.ts';
import { WhoAmIResponse } from '../../../src/wire/operations/queries.ts';
import { ReconfigRequest } from '../../../src/wire/operations/reconfig.ts';
import { SetWatches2Request } from '../../../src/wire/operations/watches.ts';
import { ConnectRequest, ConnectResponse } from '../../../src/wire/records/connect.ts';
import { AuthPacket, ReplyHeader, WatcherEvent } from '../../../src/wire/records/headers.ts';
import { AclRecord, STAT_BYTES, StatRecord } from '../../../src/wire/records/shared.ts';

class Maker {
  readonly #random: Random;
  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }
  below = (bound: number): number => below(this.#random, bound);
  int = (): number => [0, 1, -1, 0x7fff_ffff, -0x8000_0000, this.#random.uint32() | 0][this.below(6)]!;
  long = (): bigint =>
    [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), BigInt.asIntN(64, (BigInt(this.#random.uint32()) << 32n) | BigInt(this.#random.uint32()))][this.below(5)]!;
  bool = (): boolean => this.below(2) === 0;
  text = (): string => ['', '/', '/a/b', 'zażółć', '节点', '😀', 'x'.repeat(this.below(300)), '\u0000', '\ufeffb'][this.below(9)]!;
  bytes = (): Uint8Array => Uint8Array.from({ length: this.below(200) }, () => this.below(256));
  data = (): Uint8Array | null => (this.below(4) === 0 ? null : this.bytes());
  list = <T>(make: () => T): T[] => Array.from({ length: this.below(5) }, make);
  acl = () => ({ perms: this.int(), id: { scheme: this.text(), id: this.text() } });
  stat = () => ({
    czxid: this.long(), mzxid: this.long(), ctime: this.long(), mtime: this.long(), version: this.int(), cversion: this.int(),
    aversion: this.int(), ephemeralOwner: this.long(), dataLength: this.int(), numChildren: this.int(), pzxid: this.long(),
  });
  create = () => ({ path: this.text(), data: this.data(), acl: this.below(5) === 0 ? null : this.list(this.acl), flags: this.int() });
  op = (): MultiOp =>
    [
      () => ({ type: ([1, 15, 19] as const)[this.below(3)]!, request: this.create() }),
      () => ({ type: 21 as const, request: { ...this.create(), ttl: this.long() } }),
      () => ({ type: 2 as const, request: { path: this.text(), version: this.int() } }),
      () => ({ type: 5 as const, request: { path: this.text(), data: this.data(), version: this.int() } }),
      () => ({ type: 13 as const, request: { path: this.text(), version: this.int() } }),
    ][this.below(5)]!();
  result = (): MultiResult =>
    [
      () => ({ type: 1 as const, path: this.text() }),
      () => ({ type: 15 as const, path: this.text(), stat: this.stat() }),
      () => ({ type: ([2, 13] as const)[this.below(2)]! }),
      () => ({ type: 5 as const, stat: this.stat() }),
      () => ({ type: 4 as const, data: this.data(), stat: this.stat() }),
      () => ({ type: 8 as const, children: this.list(this.text) }),
      () => ({ type: -1 as const, err: this.int() }),
    ][this.below(7)]!();
}

/** Ties the values that are made to the type that the codec takes. */
const row = <T>(name: string, codec: Codec<T>, make: (m: Maker) => T) => [name, codec as unknown as Codec<unknown>, make] as const;

const cases = [
  row('int', int, (m) => m.int()),
  row('long', long, (m) => m.long()),
  row('boolean', bool, (m) => m.bool()),
  row('buffer', buffer, (m) => m.data()),
  row('ustring', ustring, (m) => m.text()),
  row('ustring or null', nullableUstring, (m) => (m.bool() ? null : m.text())),
  row('vector or null', nullableVector(ustring), (m) => (m.bool() ? null : m.list(m.text))),
  row('Stat', StatRecord, (m) => m.stat()),
  row('ACL', AclRecord, (m) => m.acl()),
  row('ReplyHeader', ReplyHeader, (m) => ({ xid: m.int(), zxid: m.long(), err: m.int() })),
  row('WatcherEvent', WatcherEvent, (m) => ({ type: m.int(), state: m.int(), path: m.text() })),
  row('AuthPacket', AuthPacket, (m) => ({ type: m.int(), scheme: m.text(), auth: m.data() })),
  row('CreateRequest', CreateRequest, (m) => m.create()),
  row('CreateTTLRequest', CreateTtlRequest, (m) => ({ ...m.create(), ttl: m.long() })),
  row('GetDataResponse', GetDataResponse, (m) => ({ data: m.data(), stat: m.stat() })),
  row('GetChildren2Response', GetChildren2Response, (m) => ({ children: m.list(m.text), stat: m.stat() })),
  row('GetACLResponse', GetAclResponse, (m) => ({ acl: m.list(m.acl), stat: m.stat() })),
  row('WhoAmIResponse', WhoAmIResponse, (m) => ({ clientInfo: m.list(() => ({ authScheme: m.text(), user: m.text() })) })),
  row('ReconfigRequest', ReconfigRequest, (m) => ({
    joiningServers: m.bool() ? null : m.text(), leavingServers: null, newMembers: m.bool() ? null : m.text(), curConfigId: m.long(),
  })),
  row('SetWatches2', SetWatches2Request, (m) => ({
    relativeZxid: m.long(), dataWatches: m.list(m.text), existWatches: m.list(m.text), childWatches: m.list(m.text),
    persistentWatches: m.list(m.text), persistentRecursiveWatches: m.list(m.text),
  })),
  row('ConnectRequest', ConnectRequest, (m) => ({
    protocolVersion: m.int(), lastZxidSeen: m.long(), timeoutMs: m.int(), sessionId: m.long(), password: m.data(),
    readOnly: m.below(3) === 0 ? null : m.bool(),
  })),
  row('ConnectResponse', ConnectResponse, (m) => ({
    protocolVersion: m.int(), timeoutMs: m.int(), sessionId: m.long(), password: m.bytes().subarray(0, 16),
    readOnly: m.below(3) === 0 ? null : m.bool(),
  })),
  row('multi', MultiRequest, (m) => m.list(m.op)),
  row('multiRead', MultiReadRequest, (m) =>
    m.list((): MultiReadOp => ({ type: m.bool() ? 4 : 8, request: { path: m.text(), watch: m.bool() } }))),
  row('MultiResponse', MultiResponse, (m) => m.list(m.result)),
];

describe.each(cases)('%s', (name, codec, make) => {
  test('comes back as it went', () => {
    const maker = new Maker(name.length);
    for (let i = 0; i < 300; i++) {
      const value = make(maker);
      const bytes = encode(codec, value);
      expect(bytes.length).toBeGreaterThanOrEqual(codec.bytesMin);
      expect(decode(codec, bytes)).toEqual(value);
    }
  });

  test('random bytes are read or refused by name', () => {
    const maker = new Maker(name.length + 1_000);
    for (let i = 0; i < 2_000; i++) {
      const bytes = Uint8Array.from({ length: maker.below(60) }, () => (maker.below(3) === 0 ? maker.below(256) : 0));
      try {
        decode(codec, bytes);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
      }
    }
  });
});

describe('Jute', () => {
  test('any byte but zero is true', () => {
    expect([0, 1, 2, 255].map((byte) => decode(bool, new Uint8Array([byte])))).toEqual([false, true, true, true]);
  });

  test('a count that the bytes cannot hold is refused before anything is made for it', () => {
    expect(() => decode(nullableVector(ustring), new Uint8Array([0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]))).toThrow(WireError);
    expect(() => decode(nullableVector(StatRecord), new Uint8Array([0, 0, 0, 2, ...new Uint8Array(STAT_BYTES)]))).toThrow(WireError);
    expect(() => decode(buffer, new Uint8Array([0xff, 0xff, 0xff, 0xfe]))).toThrow('a buffer of -2 bytes');
  });

  test('what is left over is refused where a value must be whole', () => {
    expect(() => decode(int, new Uint8Array(5))).toThrow('1 bytes left after int');
  });

  test('a text where null came is refused', () => {
    expect(() => decode(ustring, new Uint8Array([255, 255, 255, 255]))).toThrow(WireError);
  });

  test('a writer that is used again holds nothing of what was before', () => {
    const writer = new JuteWriter(16);
    writer.raw(new Uint8Array(200_000).fill(1));
    writer.int(5);
    const first = writer.take();
    writer.ustring('é');
    writer.ustring('plain');
    writer.ustring(null);
    const second = writer.take();
    expect(first).toHaveLength(200_004);
    expect(Buffer.from(second).toString('hex')).toBe('00000002c3a900000005706c61696effffffff');
    writer.byte(1);
    writer.clear();
    expect(writer.take()).toHaveLength(0);
  });

  test('operations that may not stand in a multi are refused', () => {
    expect(() => encode(MultiRequest, [{ type: 4, request: { path: '/', watch: false } } as unknown as MultiOp])).toThrow(WireError);
    expect(() => decode(MultiReadRequest, encode(MultiRequest, [{ type: 2, request: { path: '/', version: 0 } }]))).toThrow(WireError);
  });
});
