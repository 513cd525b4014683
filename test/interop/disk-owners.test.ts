/**
 * Nodes whose owner no server knows: what was a TTL node becomes an ephemeral without a session when the feature is
 * switched off. Apache's server takes such nodes away when it starts (ZooKeeperServer.loadData), and so does ours.
 */

import { cpSync } from 'node:fs';
import { expect, test } from 'vitest';
import { OPEN_ACL } from '../../src/model/acl.ts';
import { encode } from '../../src/wire/jute/encode.ts';
import { CreateTtlRequest } from '../../src/wire/operations/create-ttl.ts';
import { startApacheStandalone } from '../support/apache.ts';
import { startEmbeddedStandalone } from '../support/embedded.ts';
import { temporaryDirectory } from '../support/process-guard.ts';
import { connectRaw, type RawClient } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServerHandle } from '../support/server-process.ts';
import { allNodeKinds, recoverDirectory } from './disk-support.ts';
import { ask } from './server-conversation.ts';

const CREATE_TTL = 21;
const PATHS = ['/plain', '/container', '/ttl'];
const NO_NODE = -101;

async function withClient<T>(server: ServerHandle, act: (client: RawClient) => Promise<T>): Promise<T> {
  const client = await connectRaw(server.host, server.clientPort);
  await client.connectSession({ timeoutMs: 20_000 });
  try {
    return await act(client);
  } finally {
    client.destroy();
  }
}

async function plant(server: ServerHandle): Promise<void> {
  await withClient(server, async (client) => {
    expect((await client.request(1, ask.create('/plain', ''))).err).toBe(0);
    expect((await client.request(19, ask.create('/container', '', 4))).err).toBe(0);
    const ttl = { path: '/ttl', data: null, acl: [...OPEN_ACL], flags: 5, ttl: 3_600_000n };
    expect((await client.request(CREATE_TTL, encode(CreateTtlRequest, ttl))).err).toBe(0);
    expect((await client.request(-11)).err).toBe(0);
  });
}

/** Error codes of exists. */
const seen = (server: ServerHandle): Promise<number[]> => withClient(server, async (client) => {
  const codes: number[] = [];
  for (const path of PATHS) codes.push((await client.request(3, ask.read(path))).err);
  return codes;
});

describeWith(['java', 'zookeeper'], 'an owner that is no session', () => {
  test('loses its nodes at the next start, here as there', async () => {
    const base = temporaryDirectory();
    {
      await using apache = await startApacheStandalone({ dataDir: base, jvm: allNodeKinds });
      await plant(apache.server(1));
      expect(await seen(apache.server(1))).toEqual([0, 0, 0]);
      await apache.server(1).kill();
    }
    const copy = temporaryDirectory();
    cpSync(base, copy, { recursive: true });
    await using theirs = await startApacheStandalone({ dataDir: base });
    expect(await seen(theirs.server(1))).toEqual([0, 0, NO_NODE]);
    await using ours = await startEmbeddedStandalone({ dataDir: copy });
    await expect.poll(() => seen(ours.server(1))).toEqual([0, 0, NO_NODE]);
    // Gone for good, by a transaction like any other.
    await ours.server(1).kill();
    const { target } = await recoverDirectory(copy);
    expect(target.tree.node('/ttl')).toBeUndefined();
    expect(target.digestMismatches).toBe(0);
  });

  test('keeps them where the feature is on', async () => {
    const dataDir = temporaryDirectory();
    await using ours = await startEmbeddedStandalone({ dataDir, jvm: allNodeKinds });
    await plant(ours.server(1));
    await ours.server(1).kill();
    await using theirs = await startApacheStandalone({ dataDir, jvm: allNodeKinds });
    expect(await seen(theirs.server(1))).toEqual([0, 0, 0]);
    await theirs.server(1).kill();
    await ours.server(1).start();
    expect(await seen(ours.server(1))).toEqual([0, 0, 0]);
  });
});
