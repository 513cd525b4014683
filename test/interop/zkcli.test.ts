/** Apache's command line client prints the same with our server as with Apache's. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApacheEnsemble, startApacheStandalone } from '../support/apache.ts';
import { startEmbeddedEnsemble, startEmbeddedStandalone, type ServersHandle } from '../support/embedded.ts';
import { describeWith } from '../support/requirements.ts';
import { letLead } from './ensemble-places.ts';
import { cliOneShots, cliScripts } from './zkcli-scripts.ts';
import { runCliOnce, runCliScript, type CliReport } from './zkcli.ts';

/** Debian's 3.8.0 has not yet the later rule for exists. */
const asBefore384 = ['-Dzookeeper.zooscope.existsNeedsRead=false'];

/** Gives the scripts to one server, one after the other. */
async function runScripts(server: string): Promise<Map<string, CliReport>> {
  const reports = new Map<string, CliReport>();
  for (const { name, commands } of cliScripts) reports.set(name, await runCliScript(server, commands));
  for (const command of cliOneShots) reports.set(command.join(' '), await runCliOnce(server, command));
  return reports;
}

/** The members' ports are each ensemble's own. */
function withoutPorts(outputs: CliReport['outputs'] | undefined): CliReport['outputs'] | undefined {
  return outputs?.map((lines) => lines.map((line) => line.replace(/127\.0\.0\.1:\d+:\d+/g, '(ports)')));
}

describe.each([1, 3])('zkCli with %d of Apache’s servers, and with as many of ours:', (members) => describeWith(['java', 'zookeeper'], 'the same is printed', () => {
  let running: ServersHandle[] = [];
  let apache = new Map<string, CliReport>();
  let embedded = new Map<string, CliReport>();

  beforeAll(async () => {
    const config = { tickTime: '2000', reconfigEnabled: 'true', enforceQuota: 'true' };
    const jvm = [
      '-Dzookeeper.extendedTypesEnabled=true',
      '-Dzookeeper.DigestAuthenticationProvider.superDigest=super:xQJmxLMiHGwaqBvst5y6rkB6HQs=',
    ];
    running = await Promise.all([
      members > 1
        ? startApacheEnsemble({ servers: members, config, jvm: [...jvm, '-Dfile.encoding=UTF-8'] })
        : startApacheStandalone({ config, jvm: [...jvm, '-Dfile.encoding=UTF-8'] }),
      members > 1
        ? startEmbeddedEnsemble({ servers: members, config, jvm: [...jvm, ...asBefore384] })
        : startEmbeddedStandalone({ config, jvm: [...jvm, ...asBefore384] }),
    ]);
    // A script changes the address of server 2, which must not be the one that leads.
    if (members > 1) for (const group of running) await letLead(group, 3);
    const servers = running.map((group) => group.server(1).connectString);
    [apache, embedded] = (await Promise.all(servers.map(runScripts))) as [typeof apache, typeof embedded];
  });
  afterAll(() => Promise.all(running.map((group) => group.stopAll())));

  test.each(cliScripts.map(({ name, commands }) => ({ name, commands })))('$name', ({ name, commands }) => {
    const theirs = apache.get(name);
    expect(theirs?.outputs.length).toBe(commands.length + 2);
    expect(withoutPorts(embedded.get(name)?.outputs)).toEqual(withoutPorts(theirs?.outputs));
    expect(embedded.get(name)?.events).toEqual(theirs?.events);
  });

  test.each(cliOneShots.map((command) => command.join(' ')))('as arguments: %s', (name) => {
    expect(apache.get(name)?.exitCode).not.toBeNull();
    expect(embedded.get(name)).toEqual(apache.get(name));
  });
}));
