/** Our election machine as one voter of three, the other two of Apache: each side agrees with the other. */

import { createServer, type Socket } from 'node:net';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatMembership, makeMembership, parseMembershipText, type Membership } from '../../src/ensemble/replication/quorum/membership.ts';
import { readLearnerPacket, type LearnerPacket } from '../../src/wire/quorum/learner-packets.ts';
import { STATE } from '../../src/wire/quorum/notification.ts';
import { QuorumPacketDecoder } from '../../src/wire/quorum/quorum-packet.ts';
import { apacheLauncher } from '../support/apache.ts';
import { startElectionHost } from '../support/election-host.ts';
import { freePorts } from '../support/ports.ts';
import { removeTemporaryDirectory, temporaryDirectory } from '../support/process-guard.ts';
import { describeWith } from '../support/requirements.ts';
import { createServerProcess, type ServerHandle } from '../support/server-process.ts';

const host = '127.0.0.1';

interface Setting {
  readonly membership: Membership;
  apache(sid: bigint): ServerHandle;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A membership of these ids; all but ours are Apache's servers, prepared and not started. */
async function prepare(sids: readonly bigint[], ours: bigint, config: Readonly<Record<string, string>> = {}): Promise<Setting> {
  const ports = await freePorts(sids.length * 3);
  const membership = makeMembership(sids.map((sid, i) => ({
    sid,
    addresses: [{ host, quorumPort: ports[i * 3] ?? 0, electionPort: ports[i * 3 + 1] ?? 0 }],
    role: 'participant',
    client: null,
  })));
  const directory = temporaryDirectory();
  const lines = formatMembership(membership).split('\n').filter((line) => line.startsWith('server.'));
  const servers = new Map<bigint, ServerHandle>();
  sids.forEach((sid, i) => {
    if (sid === ours) return;
    const home = join(directory, `server-${sid}`);
    const dataDir = join(home, 'data');
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(join(dataDir, 'myid'), `${sid}\n`);
    const clientPort = ports[i * 3 + 2] ?? 0;
    const settings = {
      tickTime: '500', initLimit: '10', syncLimit: '5', dataDir, clientPort: String(clientPort), clientPortAddress: host,
      'admin.enableServer': 'false', '4lw.commands.whitelist': '*', ...config,
    };
    const configFile = join(home, 'zoo.cfg');
    writeFileSync(configFile, [...Object.entries(settings).map(([key, value]) => `${key}=${value}`), ...lines, ''].join('\n'));
    const logFile = join(home, 'server.log');
    servers.set(sid, createServerProcess({ id: Number(sid), kind: 'apache', clientPort, dataDir, configFile, logFile, jvm: [], launcher: apacheLauncher }));
  });
  return {
    membership,
    apache(sid) {
      const server = servers.get(sid);
      if (server === undefined) throw new Error(`server ${sid} is not Apache's`);
      return server;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...servers.values()].map((server) => server.kill()));
      removeTemporaryDirectory(directory);
    },
  };
}

async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const nothing = { lastZxid: 0n, currentEpoch: 0n };

describeWith(['java', 'zookeeper'], 'our voter among Apache servers', () => {
  test('with the smallest id votes for the greatest, and says so to one that comes late', async () => {
    await using setting = await prepare([1n, 2n, 3n], 1n);
    await using ours = await startElectionHost({ sid: 1n, membership: setting.membership });
    // The two of them are a quorum, whatever else is slow to start.
    await setting.apache(3n).start({ waitServing: false });
    ours.look(nothing);
    const first = await ours.outcome();
    expect([first.state, first.vote.leader]).toEqual([STATE.following, 3n]);
    await setting.apache(2n).start({ waitServing: false });
    await setting.apache(3n).waitServing();
    await setting.apache(2n).waitServing();
    expect(await setting.apache(3n).mode()).toBe('leader');
    expect(setting.apache(3n).log()).toMatch(/n\.sid:1, n\.state:LOOKING, n\.leader:\d, n\.round:0x1, n\.peerEpoch:0x0, n\.zxid:0x0, message format version:0x2, n\.config version:0x0/);

    // In FOLLOWING, it tells a server that comes back whom it follows.
    await setting.apache(2n).restart();
    await until('the answer to the server that came back', () => /my state:LOOKING; n\.sid:1, n\.state:FOLLOWING, n\.leader:3/.test(setting.apache(2n).log()));
    expect(ours.logged).toEqual([]);
  });

  test('comes late and joins a leader that serves, then elects again when it is gone', async () => {
    await using setting = await prepare([1n, 2n, 3n], 1n);
    await Promise.all([2n, 3n].map((sid) => setting.apache(sid).start()));
    await using ours = await startElectionHost({ sid: 1n, membership: setting.membership });
    ours.look(nothing);
    const first = await ours.outcome();
    expect([first.state, first.vote.leader, first.vote.peerEpoch]).toEqual([STATE.following, 3n, 1n]);
    expect(first.supporters).toEqual(new Set([2n, 3n]));

    await setting.apache(3n).kill();
    await until('server 2 looks for a leader', () => /my state:LOOKING; n\.sid:1, n\.state:FOLLOWING/.test(setting.apache(2n).log()));
    ours.look(nothing);
    const second = await ours.outcome();
    expect([second.state, second.vote.leader, second.vote.peerEpoch]).toEqual([STATE.following, 2n, 1n]);
    await until('server 2 leads', () => /LEADING - LEADER ELECTION TOOK/.test(setting.apache(2n).log()));
  });

  test('with more on its disk is elected by both, which come to its quorum port', async () => {
    const ours = 17n;
    await using setting = await prepare([1n, 17n, 33n], ours);
    const infos: LearnerPacket[] = [];
    const sockets = new Set<Socket>();
    const quorumPort = setting.membership.members.get(ours)?.addresses[0]?.quorumPort;
    const door = createServer((socket) => {
      sockets.add(socket);
      const decoder = new QuorumPacketDecoder();
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => decoder.push(chunk, (packet) => {
        const message = readLearnerPacket(packet);
        if (message !== null) infos.push(message);
      }));
    }).listen(quorumPort, host);
    try {
      await using machine = await startElectionHost({ sid: ours, membership: setting.membership });
      await Promise.all([1n, 33n].map((sid) => setting.apache(sid).start({ waitServing: false })));
      machine.look({ lastZxid: 0x3_0000_0007n, currentEpoch: 3n });
      const outcome = await machine.outcome();
      expect([outcome.state, outcome.vote.leader]).toEqual([STATE.leading, ours]);
      await until('both followers', () => new Set(infos.flatMap((info) => (info.kind === 'info' ? [info.sid] : []))).size === 2);
      const info = { kind: 'info', observer: false, acceptedEpoch: 0, protocolVersion: 0x1_0000, configVersion: 0n };
      expect(infos).toContainEqual({ ...info, sid: 1n });
      expect(infos).toContainEqual({ ...info, sid: 33n });
      // Ids that fall into one bin of Java's hash table are listed in the same order by both.
      expect(machine.heard.length).toBeGreaterThan(0);
      const text = formatMembership(parseMembershipText(formatMembership(setting.membership)));
      for (const { config } of machine.heard) expect(config).toBe(text);
      expect(machine.logged).toEqual([]);
    } finally {
      for (const socket of sockets) socket.destroy();
      door.close();
    }
  });

  test('greets with several addresses where that is on', async () => {
    await using setting = await prepare([1n, 2n, 3n], 3n, { 'multiAddress.enabled': 'true' });
    await Promise.all([1n, 2n].map((sid) => setting.apache(sid).start()));
    await using ours = await startElectionHost({ sid: 3n, membership: setting.membership, multiAddress: true });
    ours.look(nothing);
    const outcome = await ours.outcome();
    expect([outcome.state, outcome.vote.leader]).toEqual([STATE.following, 2n]);
    expect(ours.logged).toEqual([]);
  });
});
