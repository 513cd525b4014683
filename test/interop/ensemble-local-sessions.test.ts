/** Local sessions on members: the same conversations with three of Apache's servers and an observer, with ours, and with mixtures. */

import { expect, test } from 'vitest';
import { startApacheEnsemble } from '../support/apache.ts';
import { startEmbeddedEnsemble, startMixedEnsemble } from '../support/embedded.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';
import { letLead, Places, type Role } from './ensemble-places.ts';
import { LOCAL_TALKS, UPGRADE_TALKS, type Talk } from './local-session-talks.ts';

/** Where each conversation is held, and who else takes part. */
const PAIRS: readonly (readonly [Role, Role])[] = [['leader', 'first'], ['first', 'leader'], ['second', 'first'], ['observer', 'second']];

type Config = Readonly<Record<string, string>>;
type Said = ReadonlyMap<string, readonly string[]>;

const WAYS: readonly (readonly [string, Config, readonly Talk[]])[] = [
  ['with upgrades', { localSessionsEnabled: 'true', localSessionsUpgradingEnabled: 'true' }, [...LOCAL_TALKS, ...UPGRADE_TALKS]],
  ['without upgrades', { localSessionsEnabled: 'true' }, LOCAL_TALKS],
];

const SIDES: readonly (readonly [string, (config: Config) => Promise<ServersHandle>])[] = [
  ['three of ours and an observer', (config) => startEmbeddedEnsemble({ servers: 3, observers: 1, config })],
  ['ours leads two of Apache’s', (config) => startMixedEnsemble(['apache', 'apache', 'embedded'], { config })],
  ['Apache’s leads ours and Apache’s', (config) => startMixedEnsemble(['embedded', 'apache', 'apache'], { config })],
];

const PLENTY_MS = 240_000;

async function holdAll(group: ServersHandle, talks: readonly Talk[]): Promise<Said> {
  await letLead(group, 3);
  const places = await Places.of(group);
  const said = new Map<string, readonly string[]>();
  for (const [role, other] of PAIRS.filter((pair) => pair.every((one) => places.roles.includes(one)))) {
    for (const { name, hold } of talks) {
      await places.begin();
      await hold(places, role, other);
      said.set(`${role}: ${name}`, await places.leave());
    }
  }
  return said;
}

describeWith(['java', 'zookeeper'], 'local sessions', () => {
  for (const [way, config, talks] of WAYS) {
    let apache: Said = new Map();

    test(`${way}: Apache’s`, async () => {
      await using group = await startApacheEnsemble({ servers: 3, observers: 1, config });
      apache = await holdAll(group, talks);
      expect(apache.size).toBe(PAIRS.length * talks.length);
    }, PLENTY_MS);

    test.each(SIDES)(`${way}: %s`, async (_name, start) => {
      await using group = await start(config);
      const ours = await holdAll(group, talks);
      expect(ours.size).toBeGreaterThanOrEqual(3 * talks.length);
      expect(Object.fromEntries(ours)).toEqual(Object.fromEntries([...apache].filter(([key]) => ours.has(key))));
    }, PLENTY_MS);
  }
});
