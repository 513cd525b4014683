/** TLS between the members of an ensemble: ours, Apache's, and both; coming to it, and those who do not take part. */

import { copyFileSync } from 'node:fs';
import { beforeAll, expect, test, vi } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { describeWith } from '../support/requirements.ts';
import { expectEqualTrees, until, writeSome } from './ensemble-support.ts';
import { leaderOfKind, quorumStores, setKeys, startMembers, type Kind } from './quorum-support.ts';

const ON = { sslQuorum: 'true' };

describeWith(['java', 'zookeeper', 'kazoo', 'openssl'], 'TLS between members', () => {
  let authority: Authority;

  beforeAll(() => {
    authority = new Authority();
  });

  test.each<[Kind, readonly Kind[]]>([
    ['embedded', ['embedded', 'embedded', 'embedded']],
    ['embedded', ['apache', 'embedded', 'embedded']],
    ['embedded', ['apache', 'apache', 'embedded']],
    ['apache', ['embedded', 'apache', 'apache']],
    ['apache', ['embedded', 'embedded', 'apache']],
  ])('%s leads %j over TLS alone', async (kind, kinds) => {
    await using servers = await startMembers(kinds.map((own) => ({ kind: own, config: { ...ON, ...quorumStores(authority) } })));
    const leader = await leaderOfKind(servers, kind);
    for (const server of servers.servers) await writeSome(server, `/through/${server.id}`, 50);
    await expectEqualTrees(servers);
    expect((await servers.leader()).id).toBe(leader.id);
  });

  test.each<[string, readonly Kind[]]>([
    ['of ours', ['embedded', 'embedded', 'embedded']],
    ['of both', ['embedded', 'apache', 'embedded']],
  ])('an ensemble %s goes from the clear to TLS alone, one server after the other, and serves all the time', async (_name, kinds) => {
    await using servers = await startMembers(kinds.map((kind) => ({ kind })));
    await writeSome(await servers.leader(), '/before', 50);
    const steps = [
      { sslQuorum: 'false', portUnification: 'true' },
      { sslQuorum: 'true', portUnification: 'true' },
      { sslQuorum: 'true', portUnification: 'false' },
    ];
    const stores = servers.servers.map(() => quorumStores(authority));
    for (const [number, step] of steps.entries()) {
      for (const [index, server] of servers.servers.entries()) {
        setKeys(server, { ...stores[index], ...step });
        await server.stop();
        // A quorum is left while one is away.
        await writeSome(await servers.leader(), `/step-${number}/without-${server.id}`, 20);
        await server.start();
      }
    }
    await expectEqualTrees(servers);
    // Nobody speaks in the clear any more, so a server that does is alone.
    const [first] = servers.servers;
    setKeys(first!, { sslQuorum: 'false', portUnification: 'false' });
    await first!.restart({ waitServing: false });
    await until('it says what is wrong', () => servers.servers.some(({ log }) => /speaks in the clear/.test(log())));
    expect(await first!.mode()).toBeUndefined();
    await writeSome(await servers.leader(), '/after', 20);
  });

  test('a server in the clear among those with TLS, and the reverse: a line on each side that says so, and no storm', async () => {
    const config = { ...ON, ...quorumStores(authority) };
    await using servers = await startMembers([{ kind: 'embedded', config }, { kind: 'embedded', config }, { kind: 'embedded' }], { waitServing: false });
    const [first, second, plain] = servers.servers;
    await until('two have a leader', async () => await first!.mode() !== undefined && await second!.mode() !== undefined);
    await until('those with TLS say it', () => /a server is not let in.*speaks in the clear/.test(first!.log() + second!.log()));
    // Once they have a leader they call nobody any more; one that looks for it calls everybody.
    await second!.restart();
    await until('the one in the clear says it', () => /begins a TLS handshake/.test(plain!.log()));
    expect(await plain!.mode()).toBeUndefined();
    for (const server of servers.servers) {
      expect(server.running).toBe(true);
      expect(server.log().split('\n').filter((line) => /not let in|cannot be called|election connection is closed/.test(line)).length).toBeLessThan(20);
    }
  });

  test('Apache in the clear among ours with TLS is said, and ours in the clear among Apache with TLS', async () => {
    const config = { ...ON, ...quorumStores(authority) };
    await using ours = await startMembers([{ kind: 'embedded', config }, { kind: 'embedded', config }, { kind: 'apache' }], { waitServing: false });
    await until('ours serve', async () => await ours.server(1).mode() !== undefined && await ours.server(2).mode() !== undefined);
    await until('ours say it', () => /a server is not let in.*speaks in the clear/.test(ours.server(1).log() + ours.server(2).log()));
    await ours.stopAll();
    await using theirs = await startMembers([{ kind: 'apache', config }, { kind: 'apache', config }, { kind: 'embedded' }], { waitServing: false });
    await until('Apache serves', async () => await theirs.server(1).mode() !== undefined && await theirs.server(2).mode() !== undefined);
    await until('ours says it', () => /begins a TLS handshake/.test(theirs.server(3).log()));
    expect(theirs.server(3).running).toBe(true);
  });

  test('a certificate of another authority, of another host, of no time: not let in, either way', async () => {
    const stranger = new Authority('/CN=Somebody else');
    const good = { ...ON, ...quorumStores(authority) };
    const bad: readonly (readonly [string, Record<string, string>, RegExp])[] = [
      ['another authority', { ...good, 'ssl.quorum.keyStore.location': stranger.issue({ subject: '/CN=x', names: 'IP:127.0.0.1' }).pemFile }, /not trusted/],
      ['another host', { ...good, ...quorumStores(authority, 'DNS:elsewhere.example') }, /not that of 127\.0\.0\.1/],
      ['run out', { ...good, 'ssl.quorum.keyStore.location': authority.issue({ subject: '/CN=x', names: 'IP:127.0.0.1', days: -1 }).pemFile }, /not trusted.*EXPIRED/],
    ];
    for (const [what, config, line] of bad) {
      await using servers = await startMembers([{ kind: 'embedded', config: good }, { kind: 'embedded', config: good }, { kind: 'embedded', config }], { waitServing: false });
      await until('two have a leader', async () => await servers.server(1).mode() !== undefined && await servers.server(2).mode() !== undefined);
      await until(`${what}: said`, () => line.test(servers.server(1).log() + servers.server(2).log()));
      expect(await servers.server(3).mode(), what).toBeUndefined();
    }
  });

  test('the name of a host in place of its address, PKCS#12, one protocol and suite, and no look at names where that is off', async () => {
    const member = authority.issue({ subject: '/CN=localhost' });
    const p12 = {
      ...ON,
      'ssl.quorum.keyStore.location': authority.pkcs12(member, 'secret', 'key'), 'ssl.quorum.keyStore.password': 'secret',
      'ssl.quorum.trustStore.location': quorumStores(authority)['ssl.quorum.trustStore.location'] ?? '',
      'ssl.quorum.enabledProtocols': 'TLSv1.2', 'ssl.quorum.ciphersuites': 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
    };
    const nameless = { ...ON, ...quorumStores(authority, 'DNS:elsewhere.example'), 'ssl.quorum.hostnameVerification': 'false' };
    for (const config of [p12, nameless]) {
      await using servers = await startMembers([{ kind: 'embedded', config }, { kind: 'apache', config }, { kind: 'embedded', config }]);
      await writeSome(servers.server(2), '/through', 20);
      await expectEqualTrees(servers);
    }
  });

  test('keys that are put in place of others are used without a restart', async () => {
    vi.stubEnv('ZOOSCOPE_LOG', 'info');
    const first = quorumStores(authority);
    const file = authority.file('changing.pem');
    copyFileSync(first['ssl.quorum.keyStore.location'] ?? '', file);
    const config = { ...ON, ...first, 'ssl.quorum.keyStore.location': file, sslQuorumReloadCertFiles: 'true' };
    await using servers = await startMembers(['embedded', 'embedded', 'embedded'].map(() => ({ kind: 'embedded', config })));
    copyFileSync(authority.issue({ subject: '/CN=member', names: 'IP:127.0.0.1' }).pemFile, file);
    await until('all have read it', () => servers.servers.every(({ log }) => log().includes('read anew')));
    const leader = await servers.leader();
    await leader.restart();
    await writeSome(leader, '/after', 20);
    await expectEqualTrees(servers);
    vi.unstubAllEnvs();
  });
});
