/** The load that other tests rely on: what is lost, invented or changed behind its back, it finds. */

import { expect, test } from 'vitest';
import { startEmbeddedStandalone } from '../support/embedded.ts';
import { startKazoo } from '../support/kazoo.ts';
import { describeWith } from '../support/requirements.ts';
import { startLoad } from './ensemble-load.ts';

/** What somebody does behind the backs of the clients, and what is said of it. */
const TAMPERINGS: readonly (readonly [string, RegExp])[] = [
  [`
name = next(name for name in sorted(zk.get_children('/load/w0/c')) if int(name[2:]) % 4)
zk.delete('/load/w0/c/' + name)`, /^\/load\/w0\/c\/n\d+ was acknowledged as b'0\.\d+' and is None$/],
  ["zk.create('/load/w0/c/n000004', b'0.4')", /^\/load\/w0\/c\/n000004 was acknowledged as None and is b'0\.4'$/],
  ["zk.create('/load/w0/c/invented', b'')", /^\/load\/w0\/c\/invented was never asked for$/],
  ["zk.create('/load/numbered/n-', b'more', sequence=True)", /^b'more' is there, but nobody waits to hear of it$/],
  [`
name = sorted(zk.get_children('/load/numbered'))[0]
zk.set('/load/numbered/' + name, b'x')`, /^\/load\/numbered\/n-\d+ was acknowledged with b'\d\.\d+' and is b'x'$/],
  ["zk.set('/load/w1/a', b'half')", /^client 1: a multi left b'half' and b'\d+\.\d+', of/],
  ["zk.set('/load/shared', b'x')", /^the shared node has version \d+ after \d+ sets, and 0 without an answer$/],
  ["zk.set('/load/w1/counter', b'x')", /^client 1: its counter is b'x' at \d+, of/],
];

describeWith(['kazoo'], 'the load', () => {
  test('finds each thing that was done behind its back, and nothing else', async () => {
    await using servers = await startEmbeddedStandalone();
    await using load = await startLoad(servers.connectString, 2);
    await load.goesOn(60);
    await load.stop();
    expect((await load.compare()).problems).toEqual([]);
    await using other = await startKazoo(servers.connectString);
    for (const [script] of TAMPERINGS) await other.run(script);
    const { problems } = await load.compare();
    for (const [script, problem] of TAMPERINGS) expect(problems, script).toContainEqual(expect.stringMatching(problem));
    expect(problems).toHaveLength(TAMPERINGS.length);
  });
});
