/** enableEagerACLCheck: what ACLs forbid costs no transaction, at Apache's members and at ours. */

import { expect, test } from 'vitest';
import { startMixedEnsemble } from '../support/embedded.ts';
import { jute, connectRaw } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServerHandle } from '../support/server-process.ts';
import { until } from './ensemble-support.ts';
import { ask, open } from './server-conversation.ts';

const readOnly = jute.vector([jute.acl(1, 'world', 'anyone')]);
const nonsense = jute.vector([jute.acl(31, 'nosuch', 'x')]);

const zxidOf = async (server: ServerHandle): Promise<bigint> => BigInt(/^Zxid: (0x[0-9a-f]+)/m.exec(await server.fourLetterWord('srvr'))?.[1] ?? '0');

describeWith(['java', 'zookeeper'], 'ACLs that are looked at early', () => {
  test.each([['apache', 'apache', 'embedded'], ['embedded', 'embedded', 'apache']] as const)('%s, %s, %s: a refused write is no transaction; one that only the leader can judge is', async (...kinds) => {
    await using servers = await startMixedEnsemble(kinds, { config: { enableEagerACLCheck: 'true' } });
    const said: number[][] = [];
    for (const server of servers.servers) {
      const client = await connectRaw(server.host, server.clientPort);
      await client.connectSession();
      const own = `/locked-${server.id}`;
      const created = await client.request(1, ask.create(own, 'x', 0, readOnly));
      await until('it is here', async () => (await zxidOf(server)) === created.zxid);
      const refused = [
        await client.request(5, ask.setData(own, 'y')), await client.request(1, ask.create(`${own}/c`, 'y')), await client.request(15, ask.create(`${own}/c`, 'y')),
        await client.request(2, ask.delete(`${own}/c`)), await client.request(7, ask.setAcl(own, open)),
        await client.request(1, ask.create('/nonsense', 'y', 0, nonsense)), await client.request(7, ask.setAcl('/', nonsense)),
      ];
      expect(await zxidOf(server), `server ${server.id}`).toBe(created.zxid);
      const judged = [
        // Without a node nothing is known of its ACL, and of a multi's parts nobody looks at it.
        await client.request(5, ask.setData('/none', 'y')), await client.request(14, ask.multi([5, ask.setData(own, 'y')])), await client.request(5, ask.setData('/', 'y')),
      ];
      expect(judged.map(({ zxid }) => zxid - created.zxid)).toEqual([1n, 2n, 3n]);
      said.push([...refused, ...judged].map(({ err }) => err));
      client.destroy();
    }
    expect(said[0]).toEqual([-102, -102, -102, -102, -102, -114, -114, -101, 0, 0]);
    expect(said.slice(1)).toEqual([said[0], said[0]]);
  });
});
