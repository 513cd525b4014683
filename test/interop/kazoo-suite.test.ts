/**
 * kazoo's own test suite with Apache's servers and with ours, one and three: no test that passes there fails here.
 *
 * kazoo-suite-<servers>.expected.json has the list, with what became of each test with as many of Apache 3.8.0; it
 * divides the work, and stands in where Apache's servers are not asked: where there is no Java, and for three servers,
 * whose nine and more Java processes at once are too much for every run. ZOOSCOPE_KAZOO_SERVERS=3 asks three of
 * Apache's as well, and leaves out the run with one; ZOOSCOPE_KAZOO_RECORD=1 writes the lists anew, with
 * ZOOSCOPE_KAZOO_SERVERS only that one; ZOOSCOPE_KAZOO_ONLY=<text> runs only the tests whose id contains the text.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
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

const recording = process.env['ZOOSCOPE_KAZOO_RECORD'] === '1';
const only = process.env['ZOOSCOPE_KAZOO_ONLY'] ?? '';
const asked = process.env['ZOOSCOPE_KAZOO_SERVERS'];
/** Clusters at once; most of their time is spent waiting. */
const width = { apache: { 1: 6, 3: 3 }, embedded: { 1: 6, 3: 5 } } as const;
/** A test that fails while others keep the machine busy is tried again with less going on. */
const secondTryWidth = 2;

type Size = 1 | 3;
type Kind = keyof typeof width;

/**
 * As kazoo's harness configures its servers. Its test of the read-only mode fails with three of Apache's, which since
 * 3.7 refuse there a session that began in the ensemble.
 */
const harness = { 'authProvider.1': 'org.apache.zookeeper.server.auth.SASLAuthenticationProvider' };

function starter(kind: Kind, servers: Size): ClusterStarter {
  return (wish) => {
    const config = { ...wish.config, ...harness };
    const jvm = [...wish.jvm, '-Dreadonlymode.enabled=true', ...(kind === 'apache' ? ['-Dfile.encoding=UTF-8'] : [])];
    if (servers === 1) return kind === 'apache' ? startApacheStandalone({ config, jvm }) : startEmbeddedStandalone({ config, jvm });
    return kind === 'apache' ? startApacheEnsemble({ servers, config, jvm }) : startEmbeddedEnsemble({ servers, config, jvm });
  };
}

interface Run {
  readonly kind: Kind;
  readonly servers: Size;
  readonly tests: readonly string[];
  readonly known: Expected;
}

/** Runs the tests, and those that fail though they should pass once more with less going on. */
async function runAll({ kind, servers, tests, known }: Run, shouldPass: (id: string) => boolean): Promise<Map<string, Outcome>> {
  const seconds = (id: string): number => (known.tests[id]?.[1] ?? 1) + 0.05;
  const start = starter(kind, servers);
  const outcomes = await runKazooTests(start, tests, width[kind][servers], seconds);
  const again = tests.filter((id) => outcomes.get(id)?.outcome === 'failed' && shouldPass(id));
  return new Map([...outcomes, ...(await runKazooTests(start, again, secondTryWidth, seconds))]);
}

function whatFailed(ids: readonly string[], outcomes: ReadonlyMap<string, Outcome>): string[] {
  return ids.flatMap((id) => {
    const outcome = outcomes.get(id);
    return outcome?.outcome === 'passed' ? [] : [`${id}: ${outcome?.outcome}\n${outcome?.detail}`];
  });
}

const expectedFile = (servers: Size): string => fileURLToPath(new URL(`kazoo-suite-${servers}.expected.json`, import.meta.url));
const readExpected = (servers: Size): Expected => JSON.parse(readFileSync(expectedFile(servers), 'utf8')) as Expected;

async function record(servers: Size): Promise<void> {
  const { version, tests } = await listKazooTests();
  const outcomes = await runAll({ kind: 'apache', servers, tests, known: nothingKnown }, () => true);
  const lines = [...outcomes.values()]
    .sort((a, b) => (a.test < b.test ? -1 : 1))
    .map(({ test: id, outcome, seconds }) => `    ${JSON.stringify(id)}: ["${outcome}", ${seconds}]`);
  const head = { kazoo: version, zookeeper: findPart('zookeeper')?.version ?? '' };
  const text = `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "tests": {\n${lines.join(',\n')}\n  }\n}\n`;
  writeFileSync(expectedFile(servers), text);
}

function moduleOf(id: string): string {
  return id.slice(0, id.indexOf('.'));
}

const nothingKnown: Expected = { kazoo: '', zookeeper: '', tests: {} };
const sizes: readonly Size[] = asked === undefined ? [1, 3] : [asked === '3' ? 3 : 1];

// Not a skipped test, but another job: there is nothing to compare while a list is made.
if (recording) {
  describeWith(['java', 'zookeeper', 'kazoo'], "kazoo's test suite", () => {
    test.each(sizes)('is recorded with %d of Apache’s servers', record, 1_200_000);
  });
}

describe.each(recording ? [] : sizes)("kazoo's test suite with %d of our servers", (servers) => describeWith(['kazoo'], 'has what it has with Apache’s', () => {
  const known = readExpected(servers);
  const recorded = Object.entries(known.tests).flatMap(([id, [outcome]]) => (outcome === 'passed' && id.includes(only) ? [id] : []));
  const passing = new Set(recorded);
  let outcomes = new Map<string, Outcome>();

  beforeAll(async () => {
    const tests = (await listKazooTests()).tests.filter((id) => id.includes(only));
    if ((servers === 1 || asked === '3') && has('java', 'zookeeper')) {
      const apache = await runAll({ kind: 'apache', servers, tests, known }, () => false);
      for (const { test: id, outcome } of apache.values()) if (outcome === 'passed') passing.add(id);
    }
    outcomes = await runAll({ kind: 'embedded', servers, tests, known }, (id) => passing.has(id));
  }, 900_000);

  test.each([...new Set(recorded.map(moduleOf))])('%s', (module) => {
    // Another version of kazoo may lack some tests.
    const ran = [...passing].filter((id) => moduleOf(id) === module && outcomes.has(id));
    expect(ran.length).toBeGreaterThan(0);
    expect(whatFailed(ran, outcomes)).toEqual([]);
  });

  test('what the record does not have', () => {
    expect(whatFailed([...passing].filter((id) => known.tests[id] === undefined), outcomes)).toEqual([]);
  });
}));
