/**
 * A disk without room, by the shell's limit on the length of a file: the server stops and says why, every answered
 * write is on the disk, and with room again it goes on, as does Apache's server.
 */

import { expect, test } from 'vitest';
import { startApacheStandalone } from '../support/apache.ts';
import { embeddedLauncher, startEmbeddedStandalone } from '../support/embedded.ts';
import { temporaryDirectory } from '../support/process-guard.ts';
import { connectRaw, jute, parseReply } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';
import { startServers, type ServersHandle } from '../support/server-group.ts';
import type { Launcher, ServerHandle } from '../support/server-process.ts';
import { recoverDirectory } from './disk-support.ts';
import { ask } from './server-conversation.ts';

const FILE_KB_MAX = 200;
const VALUE = 'v'.repeat(1000);
/** More than fit. */
const WRITES = 400;
const IN_FLIGHT = 5;

const limited: Launcher = (configFile, jvm) => {
  const { command, args, ...rest } = embeddedLauncher(configFile, jvm);
  return { command: '/bin/bash', args: ['-c', `ulimit -f ${FILE_KB_MAX}; exec "$0" "$@"`, command, ...args], ...rest };
};

function startLimited(dataDir: string, config: Readonly<Record<string, string>>): Promise<ServersHandle> {
  return startServers({ name: 'embedded, little room', quorum: false, config, members: [{ kind: 'embedded', launcher: limited, dataDir }] });
}

/** Writes until the connection breaks. @returns how many were answered */
async function fill(server: ServerHandle): Promise<number> {
  const client = await connectRaw(server.host, server.clientPort);
  await client.connectSession({ timeoutMs: 30_000 });
  const send = (i: number): void => client.sendFrame(Buffer.concat([jute.int(i + 1), jute.int(1), ask.create(`/n${i}`, VALUE)]));
  try {
    for (let i = 0; i < IN_FLIGHT; i++) send(i);
    for (let answered = 0; ; answered++) {
      const reply = await client.readFrame(10_000).then(parseReply, () => null);
      if (reply === null) return answered;
      expect(reply.err).toBe(0);
      send(answered + IN_FLIGHT);
    }
  } finally {
    client.destroy();
  }
}

async function untilEnded(server: ServerHandle): Promise<void> {
  for (const deadline = Date.now() + 10_000; server.running; ) {
    if (Date.now() > deadline) throw new Error(`it still runs:\n${server.log()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function expectThere(server: ServerHandle, answered: number): Promise<void> {
  const client = await connectRaw(server.host, server.clientPort);
  await client.connectSession({ timeoutMs: 30_000 });
  for (let i = 0; i < answered; i++) expect((await client.request(3, ask.read(`/n${i}`))).err, `/n${i}`).toBe(0);
  expect((await client.request(1, ask.create(`/more-`, VALUE, 2))).err).toBe(0);
  client.destroy();
}

describeWith(['java', 'zookeeper'], 'a disk without room', () => {
  test('for the log stops the server, which loses nothing that it answered', async () => {
    const dataDir = temporaryDirectory();
    await using little = await startLimited(dataDir, { preAllocSize: '64' });
    const server = little.server(1);
    const answered = await fill(server);
    await untilEnded(server);
    expect(server.log()).toMatch(/zooscope: the server stops: the transaction log cannot be written: .*EFBIG.*Check the disk for space/);
    expect(answered).toBeGreaterThan(20);
    expect(answered).toBeLessThan(WRITES);

    await using ours = await startEmbeddedStandalone({ dataDir });
    await expectThere(ours.server(1), answered);
    await ours.server(1).kill();
    await using apache = await startApacheStandalone({ dataDir });
    await expectThere(apache.server(1), answered);
  });

  test('for a snapshot does not: the log has everything', async () => {
    const dataDir = temporaryDirectory();
    // Logs that are short, so that only snapshots do not fit.
    await using little = await startLimited(dataDir, { preAllocSize: '0', snapCount: '20', txnLogSizeLimitInKb: '50' });
    const server = little.server(1);
    const client = await connectRaw(server.host, server.clientPort);
    await client.connectSession({ timeoutMs: 30_000 });
    for (let i = 0; i < WRITES; i++) expect((await client.request(1, ask.create(`/n${i}`, VALUE))).err).toBe(0);
    const mntr = await server.fourLetterWord('mntr');
    expect(Number(/^zk_snapshot_error_count\t(\d+)/m.exec(mntr)?.[1])).toBeGreaterThan(0);
    expect(server.log()).toMatch(/a snapshot could not be written.*EFBIG/);
    client.destroy();
    await server.kill();
    const { target, txnsReplayed } = await recoverDirectory(dataDir);
    expect(txnsReplayed).toBeGreaterThan(WRITES / 2);
    expect(target.tree.nodeCount).toBe(WRITES + 5);
    await using apache = await startApacheStandalone({ dataDir });
    await expectThere(apache.server(1), WRITES);
  });
});
