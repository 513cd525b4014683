/** Bytes between servers that are cut short or make no sense: each is refused by its name, none is believed. */

import { describe, expect, test } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { JuteWriter } from '../../../src/wire/jute/jute-writer.ts';
import { GreetingReader, encodeGreeting } from '../../../src/wire/quorum/election-greeting.ts';
import { ElectionFrameDecoder, electionFrame } from '../../../src/wire/quorum/election-frame.ts';
import { leaderPacket, readLeaderPacket } from '../../../src/wire/quorum/leader-packets.ts';
import { learnerPacket, readLearnerPacket } from '../../../src/wire/quorum/learner-packets.ts';
import {
  decodeNotification, encodeNotification, encodeOldestNotification, encodeShortNotification,
} from '../../../src/wire/quorum/notification.ts';
import { PACKET } from '../../../src/wire/quorum/packet-types.ts';
import { PACKET_BUFFER_MAX, QuorumPacketDecoder, encodePacket } from '../../../src/wire/quorum/quorum-packet.ts';
import { QuorumWireError } from '../../../src/wire/quorum/quorum-wire-error.ts';

const problemOf = (body: () => unknown): string => {
  try {
    body();
  } catch (error) {
    if (error instanceof QuorumWireError) return error.problem;
    throw error;
  }
  return 'none';
};

const bytesOf = (write: (writer: JuteWriter) => void): Uint8Array => {
  const writer = new JuteWriter();
  write(writer);
  return writer.finish();
};

const vote = { state: 0, leader: 3n, zxid: 0x2_0000_0005n, round: 7n, peerEpoch: 2n };

describe('notifications', () => {
  test('of the three generations are read by their length', () => {
    expect(decodeNotification(encodeNotification({ ...vote, config: 'version=0' }))).toEqual({ ...vote, version: 2, config: 'version=0' });
    expect(decodeNotification(encodeShortNotification(vote))).toEqual({ ...vote, version: 0, config: null });
    const oldest = encodeOldestNotification(vote);
    expect(oldest.length).toBe(28);
    expect(decodeNotification(oldest)).toEqual({ ...vote, peerEpoch: 2n, version: 0, config: null });
  });

  test('cut anywhere are refused, but where a shorter generation ends', () => {
    const whole = encodeNotification({ ...vote, config: 'version=0' });
    for (let length = 0; length < whole.length; length++) {
      const problem = problemOf(() => decodeNotification(whole.slice(0, length)));
      if (length === 28 || length === 40) expect(problem).toBe('none');
      else expect(problem).toBe(length < 28 ? 'NotificationTooShort' : 'NotificationTruncated');
    }
  });

  test('with a length of configuration that cannot be', () => {
    for (const length of [-1, 60, 0x7fff_ffff]) {
      const bytes = encodeNotification({ ...vote, config: 'version=0' });
      new DataView(bytes.buffer, bytes.byteOffset).setInt32(40, length);
      expect(problemOf(() => decodeNotification(bytes))).toBe('NotificationConfigLength');
    }
  });

  test('keep a state that nobody knows, for non-voters are answered all the same', () => {
    expect(decodeNotification(encodeNotification({ ...vote, state: 9, config: 'version=0' })).state).toBe(9);
  });
});

describe('greetings', () => {
  const address = { host: '10.0.0.1', port: 3888 };

  test('of each version', () => {
    for (const greeting of [
      { version: 0, sid: 5n, addresses: [] },
      { version: 1, sid: 5n, addresses: [address] },
      { version: 2, sid: 5n, addresses: [address, { host: 'fe80:0:0:0:0:0:0:1', port: 3889 }] },
    ] as const) {
      const bytes = concatBytes([encodeGreeting(greeting), new Uint8Array([1, 2])]);
      expect(new GreetingReader().push(bytes)).toEqual({ greeting, rest: new Uint8Array([1, 2]) });
    }
  });

  test('leave out addresses that stand for every address', () => {
    for (const host of ['0.0.0.0', '::', '0:0:0:0:0:0:0:0']) {
      const done = new GreetingReader().push(encodeGreeting({ version: 1, sid: 5n, addresses: [{ host, port: 1 }] }));
      expect(done?.greeting.addresses).toEqual([]);
    }
  });

  test('that cannot be are refused', () => {
    const push = (write: (writer: JuteWriter) => void) => (): unknown => new GreetingReader().push(bytesOf(write));
    const head = (writer: JuteWriter): void => {
      writer.long(-65_536n);
      writer.long(5n);
    };
    expect(problemOf(push((writer) => writer.long(-1n)))).toBe('GreetingVersion');
    expect(problemOf(push((writer) => (head(writer), writer.int(0))))).toBe('GreetingLength');
    expect(problemOf(push((writer) => (head(writer), writer.int(2049))))).toBe('GreetingLength');
    for (const text of ['host', 'host:', 'host:port', 'host:70000', 'a:1:2', 'a:1|', '[::1:5']) {
      expect(problemOf(push((writer) => (head(writer), writer.ustring(text))))).toBe('GreetingAddress');
    }
    expect(problemOf(() => new GreetingReader().end())).toBe('GreetingTruncated');
  });

  test('that begin a TLS handshake are told from those of strange servers', () => {
    const hello = Uint8Array.from([0x16, 0x03, 0x01, 0x00, 0xf5, 0x01, 0x00, 0x00, 0xf1, 0x03, 0x03, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(() => new GreetingReader().push(hello)).toThrow(/TLS handshake/);
    expect(() => new QuorumPacketDecoder().push(hello, () => undefined)).toThrow(/TLS handshake/);
    // A bare id of the time before 3.5 may be large as well.
    expect(new GreetingReader().push(bytesOf((writer) => writer.long(0x1602_0000_0000_0000n)))?.greeting.sid).toBe(0x1602_0000_0000_0000n);
  });

  test('cut short are waited for', () => {
    const whole = encodeGreeting({ version: 1, sid: 5n, addresses: [address] });
    for (let length = 0; length < whole.length; length++) expect(new GreetingReader().push(whole.slice(0, length))).toBeNull();
  });
});

describe('election frames', () => {
  test.each([0, -1, 524_289])('of %d bytes are refused', (length) => {
    expect(problemOf(() => new ElectionFrameDecoder().push(bytesOf((writer) => writer.int(length))))).toBe('ElectionFrameLength');
  });

  test('of the greatest length are taken', () => {
    const payload = new Uint8Array(524_288);
    expect(new ElectionFrameDecoder().push(electionFrame(payload))[0]?.length).toBe(payload.length);
  });
});

describe('packets', () => {
  const decode = (bytes: Uint8Array): number => {
    let count = 0;
    new QuorumPacketDecoder().push(bytes, () => count++);
    return count;
  };

  test('with lengths that cannot be are refused before their bytes come', () => {
    for (const length of [-2, PACKET_BUFFER_MAX + 1]) {
      const bytes = bytesOf((writer) => {
        writer.int(PACKET.proposal);
        writer.long(1n);
        writer.int(length);
      });
      expect(problemOf(() => decode(bytes))).toBe('PacketLength');
    }
    for (const count of [-2, 5000]) {
      const bytes = bytesOf((writer) => {
        writer.int(PACKET.request);
        writer.long(1n);
        writer.int(-1);
        writer.int(count);
      });
      expect(problemOf(() => decode(bytes))).toBe('PacketLength');
    }
  });

  test('cut anywhere are waited for, and the end of the connection is told', () => {
    const whole = encodePacket({ type: PACKET.request, zxid: -1n, data: new Uint8Array(30), authinfo: [{ scheme: 'ip', id: '::1' }] });
    for (let length = 1; length < whole.length; length++) {
      const decoder = new QuorumPacketDecoder();
      decoder.push(whole.slice(0, length), () => expect.unreachable());
      expect(problemOf(() => decoder.end())).toBe('PacketTruncated');
    }
    expect(decode(whole)).toBe(1);
  });

  test('with too little in them are refused', () => {
    const bare = (type: number, bytes: number | null) => ({ type, zxid: 0n, data: bytes === null ? null : new Uint8Array(bytes), authinfo: null });
    const leader: readonly (readonly [number, number])[] = [
      [PACKET.leaderInfo, 4], [PACKET.commitAndActivate, 8], [PACKET.informAndActivate, 8], [PACKET.revalidate, 9],
    ];
    for (const [type, bytes] of leader) {
      expect(problemOf(() => readLeaderPacket(bare(type, null)))).toBe('PayloadMissing');
      expect(problemOf(() => readLeaderPacket(bare(type, bytes - 1)))).toBe('PayloadTruncated');
      expect(problemOf(() => readLeaderPacket(bare(type, bytes)))).toBe('none');
    }
    expect(problemOf(() => readLeaderPacket(bare(PACKET.proposal, null)))).toBe('PayloadMissing');
    const learner: readonly (readonly [number, number])[] = [[PACKET.ackEpoch, 4], [PACKET.revalidate, 12], [PACKET.request, 16]];
    for (const [type, bytes] of learner) {
      expect(problemOf(() => readLearnerPacket(bare(type, null)))).toBe('PayloadMissing');
      expect(problemOf(() => readLearnerPacket(bare(type, bytes - 1)))).toBe('PayloadTruncated');
      expect(problemOf(() => readLearnerPacket(bare(type, bytes)))).toBe('none');
    }
    expect(problemOf(() => readLearnerPacket(bare(PACKET.followerInfo, 7)))).toBe('PayloadTruncated');
    expect(problemOf(() => readLearnerPacket(bare(PACKET.ping, 13)))).toBe('PayloadTruncated');
    expect(problemOf(() => readLearnerPacket(bare(PACKET.ping, null)))).toBe('PayloadMissing');
  });

  test('of learners of each age', () => {
    const info = (bytes: number | null) => readLearnerPacket({
      type: PACKET.followerInfo, zxid: 3n << 32n, data: bytes === null ? null : new Uint8Array(bytes).fill(1), authinfo: null,
    });
    const base = { kind: 'info', observer: false, acceptedEpoch: 3 };
    const ones = 0x0101_0101_0101_0101n;
    expect(info(null)).toEqual({ ...base, sid: null, protocolVersion: 1, configVersion: 0n });
    expect(info(8)).toEqual({ ...base, sid: ones, protocolVersion: 1, configVersion: 0n });
    expect(info(12)).toEqual({ ...base, sid: ones, protocolVersion: 0x0101_0101, configVersion: 0n });
    expect(info(20)).toEqual({ ...base, sid: ones, protocolVersion: 0x0101_0101, configVersion: ones });
  });

  test('of a type that nobody knows are passed over', () => {
    const packet = { type: 99, zxid: 0n, data: null, authinfo: null };
    expect(readLeaderPacket(packet)).toBeNull();
    expect(readLearnerPacket(packet)).toBeNull();
  });

  test('of a reconfiguration: COMMITANDACTIVATE and INFORMANDACTIVATE', () => {
    const txn = new Uint8Array([1, 2, 3]);
    for (const message of [
      { kind: 'commitAndActivate', zxid: 5n, designatedLeader: 2n },
      { kind: 'informAndActivate', zxid: 5n, designatedLeader: -1n, txn },
    ] as const) {
      expect(readLeaderPacket(leaderPacket(message))).toEqual(message);
    }
    expect(learnerPacket({ kind: 'ack', zxid: 5n })).toEqual({ type: 3, zxid: 5n, data: null, authinfo: null });
  });
});
