/**
 * A member of an ensemble whose data is damaged, or whose disk is full: it says what is wrong and what to do and
 * changes nothing, while the others go on; and when what it says is done, it has everything again.
 */

import { readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { embeddedLauncher, type ServerHandle } from '../support/embedded.ts';
import { startKazoo } from '../support/kazoo.ts';
import { describeWith } from '../support/requirements.ts';
import { startServers, type ServersHandle } from '../support/server-group.ts';
import type { Launcher } from '../support/server-process.ts';
import { expectEqualTrees, until, writeSome } from './ensemble-support.ts';

/** So much room is left in the largest file. */
const ROOM_KB = 300;
/** Servers whose files may not grow past a limit, in KB. */
const cramped = new Map<string, number>();

/** As the disk would, the system refuses what goes past the limit. */
const launcher: Launcher = (configFile, jvm) => {
  const { command, args } = embeddedLauncher(configFile, jvm);
  const kb = cramped.get(configFile);
  return kb !== undefined ? { command: '/bin/bash', args: ['-c', `ulimit -f ${kb}; exec "$0" "$@"`, command, ...args] } : { command, args };
};

const folderOf = ({ dataDir }: ServerHandle): string => join(dataDir, 'version-2');

function newest(server: ServerHandle, prefix: string): string {
  const names = readdirSync(folderOf(server)).filter((name) => name.startsWith(prefix));
  const [name = ''] = names.sort((a, b) => b.length - a.length || (a < b ? 1 : -1));
  return join(folderOf(server), name);
}

function everyLog(server: ServerHandle): string[] {
  return readdirSync(folderOf(server)).filter((name) => name.startsWith('log.')).map((name) => join(folderOf(server), name));
}

/** Where the entry with this text in it lies; the file of it. */
function placeOf(server: ServerHandle, text: string): { readonly file: string; readonly at: number } {
  for (const file of everyLog(server)) {
    const at = readFileSync(file).indexOf(text);
    if (at >= 0) return { file, at };
  }
  throw new Error(`${text} is in no log of server ${server.id}`);
}

function change(file: string, at: number, bytes: readonly number[]): void {
  const content = readFileSync(file);
  content.set(bytes, at);
  writeFileSync(file, content);
}

/** Without the zeros behind a log, which are only room. */
function contentOf(server: ServerHandle): unknown {
  return readdirSync(folderOf(server)).filter((name) => !name.endsWith('.sock')).sort().map((name) => {
    const bytes = readFileSync(join(folderOf(server), name));
    const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
    return [name, bytes.subarray(0, end).toString('base64')];
  });
}

interface Damage {
  readonly name: string;
  spoil(server: ServerHandle): void;
  readonly says: RegExp;
}

const COPY = /[Ee]mpty this server’s version-2 and let it copy the data from the others/;

const DAMAGES: readonly Damage[] = [
  {
    name: 'a byte in the middle of its log',
    spoil: (server) => {
      const { file, at } = placeOf(server, '/kept/n00040');
      change(file, at, [0xff]);
    },
    says: new RegExp(`log\\.[0-9a-f]+ is damaged at byte \\d+.*${COPY.source}`),
  },
  {
    name: 'no snapshot left',
    spoil: (server) => {
      for (const name of readdirSync(folderOf(server))) if (name.startsWith('snapshot.')) rmSync(join(folderOf(server), name));
    },
    says: new RegExp(`transaction logs \\(from log\\.[0-9a-f]+\\) but no snapshot.*${COPY.source}`),
  },
  {
    name: 'its only snapshot cut short',
    spoil: (server) => {
      const kept = newest(server, 'snapshot.');
      truncateSync(kept, 100);
      for (const name of readdirSync(folderOf(server))) if (name.startsWith('snapshot.') && !kept.endsWith(name)) rmSync(join(folderOf(server), name));
    },
    says: new RegExp(`snapshot\\.[0-9a-f]+ was not written to its end.*${COPY.source}`),
  },
  {
    name: 'letters in currentEpoch',
    spoil: (server) => writeFileSync(join(folderOf(server), 'currentEpoch'), 'one'),
    says: new RegExp(`currentEpoch holds "one", which is no epoch.*${COPY.source}`),
  },
  {
    name: 'nothing in acceptedEpoch',
    spoil: (server) => writeFileSync(join(folderOf(server), 'acceptedEpoch'), ''),
    says: new RegExp(`acceptedEpoch holds "", which is no epoch.*${COPY.source}`),
  },
  {
    name: 'a currentEpoch that it never accepted',
    spoil: (server) => writeFileSync(join(folderOf(server), 'currentEpoch'), '77'),
    says: new RegExp(`acceptedEpoch says \\d+, and currentEpoch 77, which is later.*${COPY.source}`),
  },
];

describeWith(['kazoo'], 'a member of three', () => {
  let servers: ServersHandle;
  let written = 0;
  beforeAll(async () => {
    const member = { kind: 'embedded', launcher } as const;
    servers = await startServers({ name: 'three of ours', members: [member, member, member], quorum: true, config: { preAllocSize: '64' } });
    await writeSome(await servers.leader(), '/kept', 100);
  });
  afterAll(() => servers?.stopAll());
  /** One that failed is no reason for the next ones to fail. */
  afterEach(async () => {
    cramped.clear();
    for (const server of servers.servers.filter(({ running }) => !running)) {
      rmSync(folderOf(server), { recursive: true, force: true });
      writeFileSync(join(server.dataDir, 'myid'), `${server.id}\n`);
      await server.start();
    }
  });

  async function follower(): Promise<ServerHandle> {
    await until('there are two followers', async () => (await servers.followers()).length === 2);
    return (await servers.followers())[0] as ServerHandle;
  }

  const goOn = async (): Promise<void> => writeSome(await servers.leader(), `/meanwhile${++written}`, 20);

  /** What it has printed since. */
  async function refusal(server: ServerHandle): Promise<string> {
    const before = server.log().length;
    await server.start({ waitServing: false });
    await until('it has ended', () => !server.running);
    return server.log().slice(before);
  }

  test.each(DAMAGES)('$name: it does not start, says why, changes nothing; the others go on; emptied, it has everything', async ({ spoil, says }) => {
    const victim = await follower();
    await victim.stop();
    spoil(victim);
    const spoilt = contentOf(victim);
    expect(await refusal(victim)).toMatch(says);
    expect(contentOf(victim)).toEqual(spoilt);
    await goOn();
    rmSync(folderOf(victim), { recursive: true });
    await victim.start();
    await expectEqualTrees(servers);
  });

  test('a log that ends within an entry, as a crash leaves it: it starts, and what is missing comes from the leader', async () => {
    const victim = await follower();
    await goOn();
    await victim.kill();
    const { file, at } = placeOf(victim, `/meanwhile${written}/n00019`);
    // Of the last entry some bytes were never written.
    const end = readFileSync(file).indexOf(0x42, at);
    expect(end).toBeGreaterThan(at);
    truncateSync(file, at + 5);
    await victim.start();
    expect(victim.log()).toContain('the unfinished end of a log is cut off');
    await expectEqualTrees(servers);
  });

  test('the files of epochs are gone: it takes them from its log', async () => {
    const victim = await follower();
    await victim.stop();
    for (const name of ['acceptedEpoch', 'currentEpoch']) rmSync(join(folderOf(victim), name));
    await victim.start();
    await expectEqualTrees(servers);
  });

  test('everything is gone, and what it had acknowledged is in the others: it comes back', async () => {
    const victim = await follower();
    await victim.kill();
    rmSync(folderOf(victim), { recursive: true });
    await goOn();
    await victim.start();
    await expectEqualTrees(servers);
  });

  test('a myid of nobody, of another, and none: it says so, and the others do not mind', async () => {
    const victim = await follower();
    const other = (await servers.leader()).id;
    await victim.stop();
    const file = join(victim.dataDir, 'myid');
    writeFileSync(file, '9\n');
    expect(await refusal(victim)).toMatch(/myid says server 9, and there is no server\.9 in the configuration/);
    writeFileSync(file, 'two\n');
    expect(await refusal(victim)).toMatch(/myid holds "two"; a number from 0 to 255 is needed/);
    writeFileSync(file, `${other}\n`);
    expect(await refusal(victim)).toMatch(/EADDRINUSE|is taken|in use/);
    rmSync(file);
    expect(await refusal(victim)).toMatch(/myid cannot be read: ENOENT/);
    await goOn();
    writeFileSync(file, `${victim.id}\n`);
    await victim.start();
    await expectEqualTrees(servers);
  });

  test.each(['follower', 'leader'] as const)('the disk of a %s is full: it ends and says why, the others go on, and with room it has everything', async (role) => {
    const victim = role === 'leader' ? await servers.leader() : await follower();
    await victim.stop();
    const sizes = readdirSync(folderOf(victim)).map((name) => statSync(join(folderOf(victim), name)).size);
    cramped.set(victim.configFile, Math.ceil(Math.max(...sizes) / 1024) + ROOM_KB);
    await victim.start();
    if (role === 'leader') await untilLeads(victim);
    await writeUntilEnded(victim);
    expect(victim.log()).toMatch(/the server stops: [^\n]*cannot be written: [^\n]*EFBIG/);
    await goOn();
    cramped.delete(victim.configFile);
    await victim.start();
    await expectEqualTrees(servers);
  });

  /** The others are restarted until this one leads. */
  async function untilLeads(wanted: ServerHandle): Promise<void> {
    for (;;) {
      const leader = await servers.leader();
      if (leader === wanted) return;
      await leader.restart();
      await expectEqualTrees(servers);
    }
  }

  /** Everything that is answered must be there. */
  async function writeUntilEnded(victim: ServerHandle): Promise<void> {
    const kazoo = await startKazoo(servers.servers.filter((server) => server !== victim).map(({ connectString }) => connectString).join());
    const prefix = `/filled${++written}`;
    await kazoo.create(prefix, '');
    let made = 0;
    for (; victim.running; made++) {
      try {
        await kazoo.create(`${prefix}/n${made}`, 'v'.repeat(20_000));
      } catch {
        // The leader is gone, and another is being elected.
        break;
      }
    }
    await until('it has ended', () => !victim.running);
    await until('another leads', async () => (await Promise.all(servers.servers.map((server) => server.mode()))).includes('leader'));
    for (let i = 0; i < made; i++) expect(await kazoo.exists(`${prefix}/n${i}`), `n${i}`).not.toBeNull();
    await kazoo.close();
  }
});
