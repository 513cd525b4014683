/** The audit log beside Apache's: the same operations give the same lines. */

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startApacheStandalone } from '../support/apache.ts';
import { startEmbeddedStandalone } from '../support/embedded.ts';
import { jute } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';
import { ask, open, Room } from './server-conversation.ts';

const config = { 'audit.enable': 'true', tickTime: '2000' };
const jvm = ['-Dzookeeper.DigestAuthenticationProvider.superDigest=super:xQJmxLMiHGwaqBvst5y6rkB6HQs='];
const owners = jute.vector([jute.acl(31, 'auth', ''), jute.acl(1, 'world', 'anyone')]);

/** Everything that is audited, done well and badly, and some that is not. */
async function act(servers: ServersHandle): Promise<void> {
  const { host, clientPort } = servers.server(1);
  const room = new Room(host, clientPort);
  const a = await room.join('a');
  for (const [at, flags] of [0, 1, 2, 3, 4, 9].entries()) await a.do(1, ask.create(`/n${at}`, 'x', flags));
  await a.do(15, ask.create('/two', 'x'));
  await a.do(19, ask.create('/container', 'x', 4));
  await a.do(1, ask.create('/n0', 'x'));
  await a.do(1, ask.create('/no/parent', 'x'));
  await a.do(1, ask.create('', 'x'));
  await a.do(5, ask.setData('/n0', 'y'));
  await a.do(5, ask.setData('/n0', 'y', 7));
  await a.do(5, ask.setData('/missing', 'y'));
  await a.do(2, ask.delete('/two', 3));
  await a.do(2, ask.delete('/two'));
  await a.do(2, ask.delete('/zookeeper'));
  await a.do(7, ask.setAcl('/n0', jute.vector([jute.acl(5, 'world', 'anyone'), jute.acl(26, 'ip', '10.0.0.0/8')])));
  await a.do(7, ask.setAcl('/n0', open, 3));
  await a.do(14, ask.multi(
    [1, ask.create('/m', 'x')], [1, ask.create('/m/s', 'x', 2)], [15, ask.create('/m/e', 'x', 1)], [5, ask.setData('/m', 'z')], [13, ask.pathInt('/m', 1)], [2, ask.delete('/m/e')],
  ));
  await a.do(14, ask.multi([5, ask.setData('/m', 'z')], [2, ask.delete('/missing')], [5, ask.setData('/m', 'z')]));
  await a.do(14, ask.multi());
  await a.do(14, Buffer.from([0, 0, 0, 1]));
  await a.do(1, Buffer.from([0, 0, 0, 1]));
  await a.do(4, ask.read('/m'));
  await a.do(16, Buffer.concat([jute.string(null), jute.string(null), jute.string('server.1=x:1:2;3'), jute.long(-1n)]));
  const b = await room.join('b');
  await b.do(100, ask.auth('digest', 'bob:bobsecret'), -4);
  await b.do(100, ask.auth('digest', 'super:admin'), -4);
  await b.do(1, ask.create('/of-bob', 'x', 1, owners));
  await b.do(7, ask.setAcl('/of-bob', owners));
  const c = await room.join('c');
  await c.do(5, ask.setData('/of-bob', 'x'));
  await c.do(1, ask.create('/of-c', 'x', 1));
  // Deleted before its session ends, and within one that does.
  await a.do(2, ask.delete('/n1'));
  await b.do(-11);
  await room.leave();
}

/** What follows the logger's name: Debian's server prints it to its console. */
const linesOf = (text: string): string[] =>
  text.split('\n').flatMap((line) => /Slf4jAuditLogger(?: -|:) (.*)$/.exec(line)?.[1] ?? []);

/** Sessions by the order in which they come. */
function masked(lines: readonly string[]): string[] {
  const sessions: string[] = [];
  return lines.map((line) => line.replace(/session=(0x[0-9a-f]+)/, (_all, id: string) => {
    if (!sessions.includes(id)) sessions.push(id);
    return `session=#${sessions.indexOf(id)}`;
  }));
}

describeWith(['java', 'zookeeper'], 'the audit log beside Apache’s', () => {
  test('has the same lines', async () => {
    const apache = await startApacheStandalone({ config, jvm });
    const ours = await startEmbeddedStandalone({ config, jvm });
    try {
      await Promise.all([act(apache), act(ours)]);
      await Promise.all([apache.server(1).stop(), ours.server(1).stop()]);
      const theirs = masked(linesOf(apache.server(1).log()));
      const file = readFileSync(join(ours.server(1).dataDir, 'zookeeper_audit.log'), 'utf8');
      expect(theirs.length).toBeGreaterThan(30);
      expect(masked(linesOf(file))).toEqual(theirs);
      for (const line of file.trimEnd().split('\n')) {
        expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (INFO|ERROR) audit\.Slf4jAuditLogger: /);
        expect(line.includes(' ERROR ')).toBe(line.endsWith('result=failure'));
      }
    } finally {
      await apache.stopAll();
      await ours.stopAll();
    }
  });
});

describeWith([], 'the audit log', () => {
  test('is off unless it is asked for, and takes no line ends from requests', async () => {
    const off = await startEmbeddedStandalone();
    const on = await startEmbeddedStandalone({ config });
    try {
      for (const servers of [off, on]) {
        const { host, clientPort } = servers.server(1);
        const room = new Room(host, clientPort);
        const a = await room.join('a');
        await a.do(1, ask.create('/x\nsession=0x0\tuser=root', 'x'));
        await room.leave();
        await servers.server(1).stop();
      }
      expect(readdirSync(off.server(1).dataDir)).not.toContain('zookeeper_audit.log');
      const file = join(on.server(1).dataDir, 'zookeeper_audit.log');
      expect(existsSync(file)).toBe(true);
      const lines = linesOf(readFileSync(file, 'utf8'));
      expect(lines.map((line) => line.split('\t').at(-1))).toEqual(['result=success', 'result=failure', 'result=invoked']);
      expect(lines[1]).toContain('\tznode=/x\\u000asession=0x0\\u0009user=root\tznode_type=persistent\tresult=failure');
    } finally {
      await off.stopAll();
      await on.stopAll();
    }
  });
});
