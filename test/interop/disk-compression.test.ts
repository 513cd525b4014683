/** Compressed snapshots both ways: each server starts from what the other has written while it was serving. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startApacheStandalone } from '../support/apache.ts';
import { startEmbeddedStandalone } from '../support/embedded.ts';
import { temporaryDirectory } from '../support/process-guard.ts';
import { connectRaw } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServerHandle } from '../support/server-process.ts';
import { metricsOf, recoverDirectory } from './disk-support.ts';
import { ask } from './server-conversation.ts';

const NODES = 300;
/** One 32 KiB block of snappy does not hold it. */
const VALUE = 'some value that can be packed, '.repeat(20);

async function fill(server: ServerHandle, name: string): Promise<void> {
  const client = await connectRaw(server.host, server.clientPort);
  await client.connectSession({ timeoutMs: 10_000 });
  for (let i = 0; i < NODES; i++) expect((await client.request(1, ask.create(`/${name}${i}`, `${VALUE}${i}`))).err).toBe(0);
  expect((await client.request(-11)).err).toBe(0);
  client.destroy();
}

const packed = (dataDir: string, kind: string): string[] =>
  readdirSync(join(dataDir, 'version-2')).filter((name) => name.startsWith('snapshot.') && name.endsWith(`.${kind}`));

async function untilPacked(dataDir: string, kind: string): Promise<void> {
  for (const deadline = Date.now() + 20_000; packed(dataDir, kind).length === 0; ) {
    if (Date.now() > deadline) throw new Error('no snapshot was written');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describeWith(['java', 'zookeeper'], 'compressed snapshots', () => {
  test.each(['gz', 'snappy'])('%s by Apache, read by ours', async (kind) => {
    await using apache = await startApacheStandalone({ jvm: [`-Dzookeeper.snapshot.compression.method=${kind}`] });
    const server = apache.server(1);
    await fill(server, 'a');
    // At its next start it writes one of everything.
    await server.restart();
    const metrics = await metricsOf(server);
    const zxid = /^Zxid: (\S+)/m.exec(await server.fourLetterWord('srvr'))?.[1];
    await server.kill();
    const recovered = await recoverDirectory(server.dataDir);
    expect(recovered.snapshot).toBe(`snapshot.${zxid?.slice(2)}.${kind}`);
    expect(recovered).toMatchObject({ txnsReplayed: 0, zxid: BigInt(zxid ?? 0) });
    expect(recovered.target.tree.nodeCount).toBe(Number(metrics.get('znode_count')));
    expect(recovered.target.tree.dataBytes).toBe(Number(metrics.get('approximate_data_size')));
    expect(recovered.target.digestMismatches).toBe(0);
  });

  test.each(['gz', 'snappy'])('%s by ours, read by Apache', async (kind) => {
    const dataDir = temporaryDirectory();
    const config = { 'snapshot.compression.method': kind, snapCount: '200' };
    await using ours = await startEmbeddedStandalone({ dataDir, config });
    await fill(ours.server(1), 'o');
    await untilPacked(dataDir, kind);
    const before = await metricsOf(ours.server(1));
    await ours.server(1).stop();
    await using apache = await startApacheStandalone({ dataDir });
    const server = apache.server(1);
    const after = await metricsOf(server);
    for (const key of ['znode_count', 'approximate_data_size', 'global_sessions']) expect(after.get(key), key).toBe(before.get(key));
    expect(after.get('digest_mismatches_count')).toBe('0');
    expect(server.log()).toMatch(new RegExp(`Reading snapshot .*/snapshot\\.\\w+\\.${kind}`));
    await fill(server, 'more');
    await server.kill();
    expect((await recoverDirectory(dataDir)).target.tree.nodeCount).toBe(Number(before.get('znode_count')) + NODES);
  });
});
