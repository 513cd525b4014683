/** Members of an ensemble that prove to each other who they are: ours, Apache's, and both; and who cannot. */

import { beforeAll, expect, test } from 'vitest';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { Authority } from '../support/certificates.ts';
import { temporaryDirectory } from '../support/process-guard.ts';
import { describeWith } from '../support/requirements.ts';
import { expectEqualTrees, until, writeSome } from './ensemble-support.ts';
import { leaderOfKind, quorumStores, setKeys, startMembers, type Keys, type Kind, type MemberOf } from './quorum-support.ts';

const OPTIONAL = { 'quorum.auth.enableSasl': 'true', 'quorum.auth.learnerRequireSasl': 'false', 'quorum.auth.serverRequireSasl': 'false' };
const PROVING = { ...OPTIONAL, 'quorum.auth.learnerRequireSasl': 'true' };
const DEMANDED = { ...PROVING, 'quorum.auth.serverRequireSasl': 'true' };

const MODULE = 'org.apache.zookeeper.server.auth.DigestLoginModule required';

describeWith(['java', 'zookeeper', 'kazoo', 'openssl'], 'SASL between members', () => {
  let directory: string;
  const jaas = (name: string, user: string, password: string): string[] => {
    const file = join(directory, `${name}.jaas`);
    writeFileSync(file, [
      `QuorumServer {\n  ${MODULE}\n  user_member="se\\"cret";\n};`,
      `QuorumLearner {\n  ${MODULE}\n  username="${user}"\n  password="${password}";\n};`, '',
    ].join('\n'));
    return [`-Djava.security.auth.login.config=${file}`];
  };
  let right: string[];
  const member = (kind: Kind, config: Keys, jvm = right): MemberOf => ({ kind, config, jvm });

  beforeAll(() => {
    directory = temporaryDirectory('zooscope-jaas-');
    right = jaas('right', 'member', 'se\\"cret');
  });

  test.each<[Kind, readonly Kind[]]>([
    ['embedded', ['embedded', 'embedded', 'embedded']],
    ['embedded', ['apache', 'apache', 'embedded']],
    ['apache', ['embedded', 'embedded', 'apache']],
  ])('%s leads %j, everybody proves who it is', async (kind, kinds) => {
    await using servers = await startMembers(kinds.map((own) => member(own, DEMANDED)));
    const leader = await leaderOfKind(servers, kind);
    for (const server of servers.servers) await writeSome(server, `/through/${server.id}`, 50);
    await expectEqualTrees(servers);
    expect((await servers.leader()).id).toBe(leader.id);
  });

  test('over TLS as well', async () => {
    const authority = new Authority();
    await using servers = await startMembers((['embedded', 'apache', 'embedded'] as const).map((kind) => member(kind, { ...DEMANDED, sslQuorum: 'true', ...quorumStores(authority) })));
    await writeSome(servers.server(1), '/through', 20);
    await expectEqualTrees(servers);
  });

  test('an ensemble comes to it one server after the other, and serves all the time', async () => {
    await using servers = await startMembers((['embedded', 'apache', 'embedded'] as const).map((kind) => member(kind, {})));
    await writeSome(await servers.leader(), '/before', 20);
    for (const [number, step] of [OPTIONAL, PROVING, DEMANDED].entries()) {
      for (const server of servers.servers) {
        setKeys(server, step);
        await server.stop();
        await writeSome(await servers.leader(), `/step-${number}/without-${server.id}`, 20);
        await server.start();
      }
    }
    await expectEqualTrees(servers);
  });

  test.each<[string, Kind]>([['ours', 'embedded'], ['Apache', 'apache']])('%s with a wrong password is not let in by ours, and both sides say so', async (_name, kind) => {
    const wrong = jaas('wrong', 'member', 'guess');
    await using servers = await startMembers([member('embedded', DEMANDED), member('embedded', DEMANDED), member(kind, DEMANDED, wrong)], { waitServing: false });
    await until('two have a leader', async () => await servers.server(1).mode() !== undefined && await servers.server(2).mode() !== undefined);
    await until('they say it', () => /an election connection is closed: the password does not fit/.test(servers.server(1).log() + servers.server(2).log()));
    await until('it says so itself', () => (kind === 'apache' ? /Authentication failed against server/ : /it does not believe this server/).test(servers.server(3).log()));
    expect(await servers.server(3).mode()).toBeUndefined();
    expect(servers.server(3).log()).not.toContain('guess');
  });

  test('ours with a wrong password is not let in by Apache, and one that proves nothing neither', async () => {
    const wrong = jaas('wrong', 'nobody', 'guess');
    await using servers = await startMembers([member('apache', DEMANDED), member('apache', DEMANDED), member('embedded', DEMANDED, wrong)], { waitServing: false });
    await until('two have a leader', async () => await servers.server(1).mode() !== undefined && await servers.server(2).mode() !== undefined);
    await until('it says so itself', () => /it does not believe this server|the server does not know the password/.test(servers.server(3).log()));
    expect(await servers.server(3).mode()).toBeUndefined();
    setKeys(servers.server(3), { 'quorum.auth.enableSasl': 'false', 'quorum.auth.learnerRequireSasl': 'false', 'quorum.auth.serverRequireSasl': 'false' });
    await servers.server(3).restart({ waitServing: false });
    await until('Apache says it', () => /Learner not trying to authenticate/.test(servers.server(1).log() + servers.server(2).log()));
    expect(await servers.server(3).mode()).toBeUndefined();
    expect(servers.server(3).running).toBe(true);
  });

  test.each<[string, Kind]>([['ours', 'embedded'], ['Apache', 'apache']])('%s without any proof is let in where none is demanded, and not where one is', async (_name, kind) => {
    await using servers = await startMembers([member('embedded', OPTIONAL), member('embedded', OPTIONAL), member(kind, {})]);
    await writeSome(servers.server(3), '/through', 20);
    await expectEqualTrees(servers);
    for (const id of [1, 2]) {
      setKeys(servers.server(id), DEMANDED);
      await servers.server(id).stop();
    }
    for (const id of [1, 2]) await servers.server(id).start({ waitServing: false });
    await until('two have a leader', async () => await servers.server(1).mode() !== undefined && await servers.server(2).mode() !== undefined);
    await until('they say it', () => /does not prove who it is/.test(servers.server(1).log() + servers.server(2).log()));
    expect(await servers.server(3).mode()).toBeUndefined();
  });

  test.each([
    ['no JAAS file', DEMANDED, [], /java\.security\.auth\.login\.config must name a JAAS file/],
    ['no such section', { ...DEMANDED, 'quorum.auth.server.saslLoginContext': 'Other' }, null, /there is no section Other in the JAAS file/],
    ['Kerberos', { ...DEMANDED, 'quorum.auth.kerberos.servicePrincipal': 'zkquorum/_HOST' }, null, /quorum\.auth\.kerberos\.servicePrincipal=zkquorum\/_HOST: not supported/],
  ])('%s: does not start, and says why', async (_name, config, jvm, line) => {
    await using servers = await startMembers([member('embedded', config, jvm ?? right), member('embedded', config, jvm ?? right)], { waitServing: false });
    await until('it says it and ends', () => line.test(servers.server(1).log()) && !servers.server(1).running);
  });
});
