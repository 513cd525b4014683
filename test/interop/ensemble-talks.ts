/** The same conversations with ensembles of Apache's servers, of ours and of both: what is said must be equal, line by line. */

import { expect, test } from 'vitest';
import { startApacheEnsemble } from '../support/apache.ts';
import { startEmbeddedEnsemble, startMixedEnsemble } from '../support/embedded.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';
import { letLead, Places, type Role } from './ensemble-places.ts';

export interface Talk {
  readonly name: string;
  /** @param role where it is held @param other who else takes part */
  hold(places: Places, role: Role, other: Role): Promise<void>;
}

/** One way to set ensembles up, and what is to be said in it. */
export interface Way {
  readonly name: string;
  readonly options: { readonly config?: Readonly<Record<string, string>>; readonly jvm?: readonly string[] };
  readonly talks: readonly Talk[];
}

/** Where each conversation is held, and who else takes part. */
const PAIRS: readonly (readonly [Role, Role])[] = [['leader', 'first'], ['first', 'leader'], ['second', 'first'], ['observer', 'second']];

type Said = ReadonlyMap<string, readonly string[]>;

const SIDES: readonly (readonly [string, (options: Way['options']) => Promise<ServersHandle>])[] = [
  ['three of ours and an observer', (options) => startEmbeddedEnsemble({ servers: 3, observers: 1, ...options })],
  ['ours leads two of Apache’s', (options) => startMixedEnsemble(['apache', 'apache', 'embedded'], options)],
  ['Apache’s leads ours and Apache’s', (options) => startMixedEnsemble(['embedded', 'apache', 'apache'], options)],
];

const PLENTY_MS = 240_000;
/** Apache's servers do not always say the same when a session expires or a server is late: those are held once more. */
const AGAIN_MAX = 2;

/** Tests that hold each way's conversations everywhere. */
export function holdEverywhere(title: string, ways: readonly Way[]): void {
  describeWith(['java', 'zookeeper'], title, () => {
    for (const { name: way, options, talks } of ways) {
      let apache: Said = new Map();
      const startApache = (): Promise<ServersHandle> => startApacheEnsemble({ servers: 3, observers: 1, ...options });

      test(`${way}: Apache’s`, async () => {
        await using group = await startApache();
        apache = await holdTalks(group, talks);
        expect(apache.size).toBe(PAIRS.length * talks.length);
      }, PLENTY_MS);

      test.each(SIDES)(`${way}: %s`, async (_name, start) => {
        await using group = await start(options);
        const ours = new Map(await holdTalks(group, talks));
        expect(ours.size).toBeGreaterThanOrEqual(3 * talks.length);
        const theirs = new Map([...apache].filter(([key]) => ours.has(key)));
        for (let again = 0; again < AGAIN_MAX && different(ours, theirs).size > 0; again++) {
          // Both anew: the numbers of sequential nodes count what was before.
          await using others = await startApache();
          await using mine = await start(options);
          const wanted = different(ours, theirs);
          for (const [key, lines] of await holdTalks(others, talks, wanted)) theirs.set(key, lines);
          for (const [key, lines] of await holdTalks(mine, talks, wanted)) ours.set(key, lines);
        }
        expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
      }, PLENTY_MS);
    }
  });
}

function different(ours: Said, theirs: Said): Set<string> {
  return new Set([...ours.keys()].filter((key) => ours.get(key)?.join('\n') !== theirs.get(key)?.join('\n')));
}

/** @param only `role: name` of those to be held; all when absent */
async function holdTalks(group: ServersHandle, talks: readonly Talk[], only?: ReadonlySet<string>): Promise<Said> {
  await letLead(group, 3);
  const places = await Places.of(group);
  const said = new Map<string, readonly string[]>();
  for (const [role, other] of PAIRS.filter((pair) => pair.every((one) => places.roles.includes(one)))) {
    for (const { name, hold } of talks) {
      if (only?.has(`${role}: ${name}`) === false) continue;
      await places.begin();
      await hold(places, role, other);
      said.set(`${role}: ${name}`, await places.leave());
    }
  }
  return said;
}
