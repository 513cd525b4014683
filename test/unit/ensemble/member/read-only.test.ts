/** A member that nobody answers: what it does for clients, by the clock. */

import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/random.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { parseZooCfg } from '../../../../src/ensemble/config/zoo-cfg.ts';
import type { ClientSocket, SocketHandler } from '../../../../src/ensemble/listener.ts';
import { Member } from '../../../../src/ensemble/member/member.ts';
import type { QuorumNetwork } from '../../../../src/ensemble/quorum-network.ts';
import { ReadOnlyRole } from '../../../../src/ensemble/read-only-role.ts';
import { parseMembershipText } from '../../../../src/ensemble/replication/quorum/membership.ts';
import { OPERATIONS } from '../../../../src/wire/operations.ts';
import { nodeDigests } from '../../../../src/platform/node-digests.ts';
import { nodeGzip } from '../../../../src/platform/node-gzip.ts';
import { ask } from '../../../interop/server-conversation.ts';
import { connectRequestPayload, type RawConnectOptions } from '../../../support/raw-client.ts';
import type { MemoryDisk } from '../log/memory-disk.ts';
import { writeDirectory } from '../log/writing.ts';
import { settle, TestClient, TestClock } from '../server/harness.ts';

const TEXT = [1, 2, 3].map((sid) => `server.${sid}=h${sid}:1:2:participant;0.0.0.0:2181`).join('\n');

const nobody: QuorumNetwork = {
  election: () => ({ listen: () => Promise.resolve(), perform: () => undefined, close: () => Promise.resolve() }),
  listen: () => Promise.reject(new Error('nobody is led here')),
  connect: (_options, _onOpen, onFail) => onFail('nobody'),
};

class Lone {
  readonly clock = new TestClock();
  readonly disk: MemoryDisk;
  readonly lastZxid: bigint;
  #accept: (socket: ClientSocket) => SocketHandler | null = () => null;
  member: Member | null = null;

  constructor(disk: MemoryDisk, lastZxid: bigint) {
    this.disk = disk;
    this.lastZxid = lastZxid;
  }

  static async start(config: Readonly<Record<string, string>> = {}, defines: readonly (readonly [string, string])[] = [['readonlymode.enabled', 'true']]): Promise<Lone> {
    const { disk, database } = await writeDirectory(20);
    const lone = new Lone(disk, database.tree.lastZxid);
    const keys = { tickTime: '500', dataDir: '/data', clientPort: '2181', preAllocSize: '0', 'znode.container.checkIntervalMs': '1000', ...config };
    const text = Object.entries(keys).map(([key, value]) => `${key}=${value}`).join('\n');
    const environment = {
      clock: lone.clock, random: seededRandom(1), logger: silentLogger, digests: nodeDigests, gzip: nodeGzip,
      snapshots: disk, logs: disk, snapshotDirectory: '', logDirectory: '', quorum: nobody,
      defer: (fn: () => void) => void setImmediate(fn),
      host: { environment: () => [], openFiles: () => null, formatDate: String },
      listenHttp: () => Promise.reject(new Error('no HTTP here')),
      listen: (_at: unknown, accept: (socket: ClientSocket) => SocketHandler | null) => {
        lone.#accept = accept;
        return Promise.resolve({ host: '127.0.0.1', port: 2181, close: () => Promise.resolve() });
      },
    };
    lone.member = await Member.start(environment, {
      config: parseZooCfg(text, new Map(defines)), configText: text, jaas: null, sid: 1n, initLimit: 10, syncLimit: 5,
      membership: parseMembershipText(TEXT), onFailure: (error) => expect.unreachable(String(error)),
    });
    return lone;
  }

  open(): TestClient {
    const client = new TestClient('127.0.0.1');
    client.handler = this.#accept(client);
    return client;
  }

  async join(options: RawConnectOptions = {}): Promise<{ readonly client: TestClient; readonly answer: Buffer | undefined }> {
    const client = this.open();
    client.sendFrame(connectRequestPayload({ timeoutMs: 4000, readOnly: true, ...options }));
    await settle();
    return { client, answer: client.frames()[0] };
  }

  async word(word: string): Promise<string> {
    const client = this.open();
    client.send(Buffer.from(word));
    await settle();
    return client.text();
  }
}

describe('read-only mode', () => {
  test('begins when nobody has been elected for two seconds, or for a longer tick', async () => {
    const lone = await Lone.start();
    await lone.clock.advance(1_999);
    expect(await lone.word('isro')).toBe('null');
    await lone.clock.advance(1);
    expect(await lone.word('isro')).toBe('ro');
    expect(await lone.word('srvr')).toContain('\nREAD-ONLY mode; serving only read-only clients\n');
    expect(lone.member?.state.mode).toBe('looking');
    const slow = await Lone.start({ tickTime: '3000' });
    await slow.clock.advance(2_999);
    expect(await slow.word('isro')).toBe('null');
    await slow.clock.advance(1);
    expect(await slow.word('isro')).toBe('ro');
  });

  test.each([[[]], [[['readonlymode.enabled', 'false']]]] as const)('is off unless it is asked for: %j', async (defines) => {
    const lone = await Lone.start({ '4lw.commands.whitelist': 'isro' }, defines);
    await lone.clock.advance(60_000);
    expect(await lone.word('isro')).toBe('null');
    const { client, answer } = await lone.join();
    expect([client.closed, answer]).toEqual([true, undefined]);
  });

  test('serves reads and refuses writes, and writes nothing down whatever the time', async () => {
    const lone = await Lone.start();
    await lone.clock.advance(2_000);
    const before = [...lone.disk.files].map(([name, { bytes }]) => [name, bytes.length]);
    const { client, answer } = await lone.join();
    expect(answer?.[36]).toBe(1);
    expect(await client.do(8, ask.read('/'))).toMatchObject({ err: 0, zxid: lone.lastZxid });
    expect(await client.do(1, ask.create('/new', 'x'))).toMatchObject({ err: -119, zxid: lone.lastZxid });
    for (let i = 0; i < 8; i++) {
      await lone.clock.advance(30_000);
      expect([...lone.disk.files].map(([name, { bytes }]) => [name, bytes.length])).toEqual(before);
    }
    expect(client.closed).toBe(true);
    expect(await lone.word('srvr')).toContain(`Zxid: 0x${lone.lastZxid.toString(16)}\n`);
  });

  test('lets a session end when its time is up', async () => {
    const lone = await Lone.start();
    await lone.clock.advance(2_000);
    const { answer } = await lone.join();
    const session = { sessionId: answer?.readBigInt64BE(8) ?? 0n, password: answer?.subarray(20, 36) ?? null };
    await lone.clock.advance(3_000);
    expect((await lone.join(session)).answer?.readInt32BE(4)).toBe(4000);
    await lone.clock.advance(10_000);
    expect((await lone.join(session)).answer?.readInt32BE(4)).toBe(0);
  });

  test('ends with the server', async () => {
    const lone = await Lone.start();
    await lone.clock.advance(2_000);
    const { client } = await lone.join();
    await lone.member?.stop();
    expect(client.closed).toBe(true);
    await lone.clock.advance(60_000);
    expect(lone.open().handler).toBeNull();
  });
});

test('the role refuses what changes something, or needs a leader, and nothing else', () => {
  const role = new ReadOnlyRole();
  const refused = [...OPERATIONS.keys(), 20].filter((type) => {
    const request = { connection: 1, sessionId: 1n, cxid: 1, type, body: new Uint8Array(0), identities: [], receivedMs: 0 };
    const { persist, send, apply, answer } = role.step({ kind: 'request', request, wallMs: 0, monotonicMs: 0 });
    expect([persist, send, apply, answer.length]).toEqual([[], [], [], 1]);
    return answer[0]?.refusal === -119;
  });
  expect(refused.sort((a, b) => a - b)).toEqual([1, 2, 5, 7, 9, 13, 14, 15, 16, 19, 20, 21]);
});
