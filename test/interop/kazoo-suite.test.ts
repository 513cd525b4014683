/**
 * kazoo's own test suite with Apache's server and with ours: no test that passes there fails here.
 *
 * kazoo-suite.expected.json has the list, with what became of each test with Apache 3.8.0; it divides the work, and
 * stands in where there is no Java. ZOOSCOPE_KAZOO_RECORD=1 writes it anew; ZOOSCOPE_KAZOO_ONLY=<text> runs only the
 * tests whose id contains the text; ZOOSCOPE_KAZOO_SERVERS=3 runs them on ensembles of three.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { startApacheEnsemble, startApacheStandalone } from '../support/apache.ts';
import { startEmbeddedEnsemble, startEmbeddedStandalone } from '../support/embedded.ts';
import { describeWith, findPart, has } from '../support/requirements.ts';
import { listKazooTests, runKazooTests, type ClusterStarter, type Outcome } from './kazoo-suite.ts';

interface Expected {
  readonly kazoo: string;
  readonly zookeeper: string;
  /** Outcome and seconds by test. */
  readonly tests: Readonly<Record<string, readonly [Outcome['outcome'], number]>>;
}

const expectedFile = fileURLToPath(new URL('kazoo-suite.expected.json', import.meta.url));
const recording = process.env['ZOOSCOPE_KAZOO_RECORD'] === '1';
const only = process.env['ZOOSCOPE_KAZOO_ONLY'] ?? '';
const members = Number(process.env['ZOOSCOPE_KAZOO_SERVERS'] ?? 1);
/** Processes at once; most of their time is spent waiting. */
const width = 6;
/** A test that fails while others keep the machine busy is tried again with less going on. */
const secondTryWidth = 2;

/** As kazoo's harness configures its servers. */
const harness = { 'authProvider.1': 'org.apache.zookeeper.server.auth.SASLAuthenticationProvider' };

const startApache: ClusterStarter = (wish) => {
  const config = { ...wish.config, ...harness };
  const jvm = [...wish.jvm, '-Dfile.encoding=UTF-8'];
  return members > 1 ? startApacheEnsemble({ servers: members, config, jvm }) : startApacheStandalone({ config, jvm });
};

const startEmbedded: ClusterStarter = ({ config: wished, jvm }) => {
  const config = { ...wished, ...harness };
  return members > 1 ? startEmbeddedEnsemble({ servers: members, config, jvm }) : startEmbeddedStandalone({ config, jvm });
};

function secondsOf(known: Expected, id: string): number {
  return (known.tests[id]?.[1] ?? 1) + 0.05;
}

/** Runs the tests, and those that fail though they should pass once more with less going on. */
async function runAll(
  start: ClusterStarter, tests: readonly string[], known: Expected, shouldPass: (id: string) => boolean,
): Promise<Map<string, Outcome>> {
  const seconds = (id: string): number => secondsOf(known, id);
  const outcomes = await runKazooTests(start, tests, width, seconds);
  const again = tests.filter((id) => outcomes.get(id)?.outcome === 'failed' && shouldPass(id));
  return new Map([...outcomes, ...(await runKazooTests(start, again, secondTryWidth, seconds))]);
}

function whatFailed(ids: readonly string[], outcomes: ReadonlyMap<string, Outcome>): string[] {
  return ids.flatMap((id) => {
    const outcome = outcomes.get(id);
    return outcome?.outcome === 'passed' ? [] : [`${id}: ${outcome?.outcome}\n${outcome?.detail}`];
  });
}

function readExpected(): Expected {
  return JSON.parse(readFileSync(expectedFile, 'utf8')) as Expected;
}

async function record(): Promise<void> {
  const { version, tests } = await listKazooTests();
  const outcomes = await runAll(startApache, tests, nothingKnown, () => true);
  const lines = [...outcomes.values()]
    .sort((a, b) => (a.test < b.test ? -1 : 1))
    .map(({ test: id, outcome, seconds }) => `    ${JSON.stringify(id)}: ["${outcome}", ${seconds}]`);
  const head = { kazoo: version, zookeeper: findPart('zookeeper')?.version ?? '' };
  const text = `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "tests": {\n${lines.join(',\n')}\n  }\n}\n`;
  writeFileSync(expectedFile, text);
}

function moduleOf(id: string): string {
  return id.slice(0, id.indexOf('.'));
}

const nothingKnown: Expected = { kazoo: '', zookeeper: '', tests: {} };

describeWith(recording ? ['java', 'zookeeper', 'kazoo'] : ['kazoo'], "kazoo's test suite with the embedded server", () => {
  const expected = recording ? nothingKnown : readExpected();
  const recorded = Object.entries(expected.tests).flatMap(([id, [outcome]]) => (outcome === 'passed' && id.includes(only) ? [id] : []));
  const passing = new Set(recorded);
  let outcomes = new Map<string, Outcome>();

  beforeAll(async () => {
    if (recording) return;
    const tests = (await listKazooTests()).tests.filter((id) => id.includes(only));
    if (has('java', 'zookeeper')) {
      const apache = await runKazooTests(startApache, tests, width, (id) => secondsOf(expected, id));
      for (const { test: id, outcome } of apache.values()) if (outcome === 'passed') passing.add(id);
    }
    outcomes = await runAll(startEmbedded, tests, expected, (id) => passing.has(id));
  }, 400_000);

  // Not a skipped test, but another job: there is nothing to compare while the list is made.
  if (recording) {
    test('is recorded with Apache ZooKeeper', record, 900_000);
    return;
  }

  test.each([...new Set(recorded.map(moduleOf))])('%s', (module) => {
    // Another version of kazoo may lack some tests.
    const ran = [...passing].filter((id) => moduleOf(id) === module && outcomes.has(id));
    expect(ran.length).toBeGreaterThan(0);
    expect(whatFailed(ran, outcomes)).toEqual([]);
  });

  test('what the record does not have', () => {
    expect(whatFailed([...passing].filter((id) => expected.tests[id] === undefined), outcomes)).toEqual([]);
  });
});
