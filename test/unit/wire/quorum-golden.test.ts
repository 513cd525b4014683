/** Our codecs against what Apache's servers said to each other: everything is read, and written again to the same bytes. */

import { describe, expect, test } from 'vitest';
import { concatBytes, equalBytes } from '../../../src/base/bytes.ts';
import { formatMembership, parseMembershipText } from '../../../src/ensemble/replication/quorum/membership.ts';
import { decodeTransaction, encodeTransaction } from '../../../src/ensemble/txn/transaction-codec.ts';
import { GreetingReader, encodeGreeting } from '../../../src/wire/quorum/election-greeting.ts';
import { ElectionFrameDecoder, electionFrame } from '../../../src/wire/quorum/election-frame.ts';
import { leaderPacket, readLeaderPacket } from '../../../src/wire/quorum/leader-packets.ts';
import { learnerPacket, readLearnerPacket } from '../../../src/wire/quorum/learner-packets.ts';
import { decodeNotification, encodeNotification, type Notification } from '../../../src/wire/quorum/notification.ts';
import { PACKET, SNAPSHOT_SIGNATURE } from '../../../src/wire/quorum/packet-types.ts';
import { QuorumPacketDecoder, encodePacket, type QuorumPacket } from '../../../src/wire/quorum/quorum-packet.ts';
import { loadConversations, pieces } from './quorum-vectors.ts';

const all = loadConversations();
const election = all.filter(({ port }) => port === 'election');
const quorum = all.filter(({ port }) => port === 'quorum');
const sizes = [1, 7, 100_000];

/** Everything of a stream: packets, and what followed a SNAP up to its signature. */
function readPackets(bytes: Uint8Array, size: number): { packets: QuorumPacket[]; raw: Uint8Array[]; pending: number } {
  const packets: QuorumPacket[] = [];
  const raw: Uint8Array[] = [];
  const decoder = new QuorumPacketDecoder();
  const sink = (): { take(more: Uint8Array): Uint8Array | null } => {
    let have = new Uint8Array(0);
    return {
      take(more) {
        have = new Uint8Array(concatBytes([have, more]));
        const at = Buffer.from(have).indexOf(SNAPSHOT_SIGNATURE);
        if (at < 0 || have.length < at + SNAPSHOT_SIGNATURE.length) return null;
        const end = at + SNAPSHOT_SIGNATURE.length;
        raw.push(have.slice(0, end));
        return have.slice(end);
      },
    };
  };
  for (const piece of pieces(bytes, size)) {
    decoder.push(piece, (packet) => {
      packets.push(packet);
      if (packet.type === PACKET.snap) decoder.divert(sink());
    });
  }
  return { packets, raw, pending: decoder.pendingBytes };
}

/** The stream that packets and snapshots make. */
function writePackets(packets: readonly QuorumPacket[], raw: readonly Uint8Array[]): Uint8Array {
  const snapshots = [...raw];
  return concatBytes(packets.flatMap((packet) => {
    const bytes = encodePacket(packet);
    const snapshot = packet.type === PACKET.snap ? snapshots.shift() : undefined;
    return snapshot === undefined ? [bytes] : [bytes, snapshot];
  }));
}

interface Heard {
  readonly greeting: Uint8Array;
  readonly notifications: readonly Notification[];
  /** Bytes of a message that the end of the connection cut. */
  readonly pending: number;
}

function readElection(bytes: Uint8Array, size: number, greeted: boolean): Heard {
  const reader = greeted ? new GreetingReader() : null;
  const frames = new ElectionFrameDecoder();
  let greeting: Uint8Array | null = greeted ? null : new Uint8Array(0);
  const notifications: Notification[] = [];
  const take = (chunk: Uint8Array): void => {
    for (const payload of frames.push(chunk)) notifications.push(decodeNotification(payload));
  };
  for (const piece of pieces(bytes, size)) {
    if (greeting !== null) {
      take(piece);
      continue;
    }
    const done = reader?.push(piece) ?? null;
    if (done === null) continue;
    greeting = encodeGreeting(done.greeting);
    take(done.rest);
  }
  return { greeting: greeting ?? new Uint8Array(0), notifications, pending: frames.pendingBytes };
}

const writeAgain = (notification: Notification): Uint8Array =>
  electionFrame(encodeNotification({ ...notification, config: notification.config ?? '' }));

describe('what Apache servers say in elections', () => {
  test('there is something to read', () => {
    expect(election.length).toBeGreaterThan(5);
    expect(new Set(election.flatMap(({ from, to }) => [from, to]))).toEqual(new Set([1, 2, 3, 4]));
  });

  test.each(sizes)('is read in pieces of %d and written to the same bytes', (size) => {
    for (const { toListener, toCaller } of election) {
      for (const [bytes, greeted] of [[toListener, true], [toCaller, false]] as const) {
        const { greeting, notifications, pending } = readElection(bytes, size, greeted);
        const whole = bytes.subarray(0, bytes.length - pending);
        expect(equalBytes(concatBytes([greeting, ...notifications.map(writeAgain)]), whole)).toBe(true);
      }
    }
  });

  test('shows every state, and configurations that we print as Apache does', () => {
    const said = election.flatMap(({ toListener, toCaller }) => [
      ...readElection(toListener, 100_000, true).notifications, ...readElection(toCaller, 100_000, false).notifications,
    ]);
    expect(new Set(said.map(({ state }) => state))).toEqual(new Set([0, 1, 2]));
    expect(said.every(({ version }) => version === 2)).toBe(true);
    for (const { config } of said) {
      const membership = parseMembershipText(config ?? '');
      expect(formatMembership(membership)).toBe(config);
      expect([...membership.verifier.voters]).toEqual([1n, 2n, 3n]);
    }
  });
});

describe('what leader and learners say', () => {
  test('there is something to read', () => {
    expect(quorum.length).toBeGreaterThan(4);
  });

  test.each(sizes)('is read in pieces of %d and written to the same bytes', (size) => {
    for (const { toListener, toCaller } of quorum) {
      for (const bytes of [toListener, toCaller]) {
        const { packets, raw, pending } = readPackets(bytes, size);
        const whole = bytes.subarray(0, bytes.length - pending);
        expect(equalBytes(writePackets(packets, raw), whole)).toBe(true);
      }
    }
  });

  test('every packet of a learner has a meaning that gives the same packet', () => {
    const packets = quorum.flatMap(({ toListener }) => readPackets(toListener, 100_000).packets);
    for (const packet of packets) {
      const message = readLearnerPacket(packet);
      if (message === null) throw new Error(`type ${packet.type} was not understood`);
      expect(encodePacket(learnerPacket(message))).toEqual(encodePacket(packet));
    }
    const types = new Set(packets.map(({ type }) => type));
    const { followerInfo, observerInfo, ackEpoch, ack, ping, revalidate, request } = PACKET;
    for (const type of [followerInfo, observerInfo, ackEpoch, ack, ping, revalidate, request]) expect(types).toContain(type);
    expect(packets.some(({ authinfo }) => (authinfo ?? []).some(({ scheme }) => scheme === 'digest'))).toBe(true);
  });

  test('every packet of the leader has a meaning that gives the same packet', () => {
    const packets = quorum.flatMap(({ toCaller }) => readPackets(toCaller, 100_000).packets);
    for (const packet of packets) {
      const message = readLeaderPacket(packet);
      if (message === null) throw new Error(`type ${packet.type} was not understood`);
      expect(encodePacket(leaderPacket(message))).toEqual(encodePacket(packet));
      if (message.kind === 'proposal' || message.kind === 'inform') {
        expect(encodeTransaction(decodeTransaction(message.txn))).toEqual(message.txn);
        expect(decodeTransaction(message.txn).header.zxid).toBe(message.zxid);
      }
    }
    const types = new Set(packets.map(({ type }) => type));
    const { leaderInfo, diff, proposal, commit, newLeader, upToDate, ping, revalidate, sync, inform } = PACKET;
    for (const type of [leaderInfo, diff, proposal, commit, newLeader, upToDate, ping, revalidate, sync, inform]) {
      expect(types).toContain(type);
    }
  });
});
