/** Containers, TTL nodes and ephemerals of sessions that end by themselves: what goes, what stays, and what watchers hear. */

import { expect, test } from 'vitest';
import { startApacheStandalone } from '../support/apache.ts';
import { startEmbeddedStandalone } from '../support/embedded.ts';
import { describeWith } from '../support/requirements.ts';
import { ask, Room, type Talker } from './server-conversation.ts';

const jvm = ['-Dzookeeper.extendedTypesEnabled=true', '-Dznode.container.checkIntervalMs=100'];
const config = { tickTime: '300' };
const RECURSIVE = 1;

/** Events of the server's own making come when they come: each is waited for. */
async function heard(watcher: Talker, events: number): Promise<void> {
  for (let i = 0; i < events; i++) await watcher.hear(-1);
}

async function act(room: Room): Promise<void> {
  const [a, b] = [await room.join('a'), await room.join('b')];
  await a.do(1, ask.create('/e', 'x'));
  await b.do(106, ask.pathInt('/e', RECURSIVE));
  await a.do(19, ask.create('/e/never-used', 'x', 4));
  await a.do(19, ask.create('/e/k', 'x', 4));
  await a.do(1, ask.create('/e/k/1', 'x'));
  await a.do(1, ask.create('/e/k/2', 'x'));
  await a.do(2, ask.delete('/e/k/1'));
  await heard(b, 5);
  await a.do(2, ask.delete('/e/k/2'));
  // The last child, and then the container.
  await heard(b, 2);
  await a.do(21, ask.createTtl('/e/t', 100n));
  await heard(b, 2);
  await a.do(21, ask.createTtl('/e/parent', 1000n));
  await a.do(1, ask.create('/e/parent/c', 'x'));
  await heard(b, 2);
  await a.do(21, ask.createTtl('/e/s-', 1n, 6));
  await heard(b, 2);
  await a.do(2, ask.delete('/e/parent/c'));
  await heard(b, 2);
  await a.do(12, ask.read('/e'));
  // A client that is lost: its ephemeral, and a container that is used no longer, go with its session.
  const c = await room.enter('c');
  await c.connect({ timeoutMs: 600 });
  await a.do(19, ask.create('/e/of-c', 'x', 4));
  await c.do(1, ask.create('/e/of-c/e', 'x', 1));
  c.raw.destroy();
  await heard(b, 4);
  await a.do(12, ask.read('/e'));
}

/** How often the server looks decides which numbers the transactions get. */
const masked = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/ zxid -?\d+| [cmp]\d+(?= |$)|\{c\d+ m\d+ p\d+/g, ' #'));

describeWith(['java', 'zookeeper'], 'nodes that go by themselves', () => {
  test('go on both servers, as their watchers hear', async () => {
    await using apache = await startApacheStandalone({ jvm, config });
    await using ours = await startEmbeddedStandalone({ jvm, config });
    const rooms = [apache, ours].map((group) => new Room(group.server(1).host, group.server(1).clientPort));
    await Promise.all(rooms.map(act));
    const [theirs = [], own = []] = rooms.map(({ lines }) => masked(lines));
    expect(own).toEqual(theirs);
    expect(own).not.toContain('b: silence');
    await Promise.all(rooms.map((room) => room.leave()));
  });
});
