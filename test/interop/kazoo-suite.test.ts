/**
 * kazoo's own test suite against the embedded server: no test that passes with Apache's server fails with ours.
 *
 * What Apache's server does with it is kept in kazoo-suite.expected.json, made by the same adapter, because the
 * suite takes minutes. ZOOSCOPE_KAZOO_RECORD=1 runs it again and writes that file; ZOOSCOPE_KAZOO_ONLY=<text> runs
 * only tests whose id contains the text.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { startApacheStandalone } from '../support/apache.ts';
import { startEmbeddedStandalone } from '../support/embedded.ts';
import { describeWith, findPart } from '../support/requirements.ts';
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
/** Processes at once; most of their time is spent waiting. */
const width = 6;
/** A test that fails while others keep the machine busy is tried again with less going on. */
const secondTryWidth = 2;

/** As kazoo's harness configures its servers. */
const harness = { 'authProvider.1': 'org.apache.zookeeper.server.auth.SASLAuthenticationProvider' };

const startApache: ClusterStarter = ({ config, jvm }) =>
  startApacheStandalone({ config: { ...config, ...harness }, jvm: [...jvm, '-Dfile.encoding=UTF-8'] });

const startEmbedded: ClusterStarter = ({ config, jvm }) => startEmbeddedStandalone({ config: { ...config, ...harness }, jvm });

async function runAll(start: ClusterStarter, tests: readonly string[], known: Expected): Promise<Map<string, Outcome>> {
  const seconds = (id: string): number => (known.tests[id]?.[1] ?? 1) + 0.05;
  const outcomes = await runKazooTests(start, tests, width, seconds);
  const failed = tests.filter((id) => outcomes.get(id)?.outcome === 'failed' && (recording || known.tests[id]?.[0] === 'passed'));
  if (failed.length === 0) return outcomes;
  return new Map([...outcomes, ...(await runKazooTests(start, failed, secondTryWidth, seconds))]);
}

function readExpected(): Expected {
  return JSON.parse(readFileSync(expectedFile, 'utf8')) as Expected;
}

async function record(): Promise<void> {
  const { version, tests } = await listKazooTests();
  const outcomes = await runAll(startApache, tests, { kazoo: '', zookeeper: '', tests: {} });
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

describeWith(recording ? ['java', 'zookeeper', 'kazoo'] : ['kazoo'], "kazoo's test suite with the embedded server", () => {
  const expected = recording && only === '' ? { kazoo: '', zookeeper: '', tests: {} } : readExpected();
  let outcomes = new Map<string, Outcome>();
  const passing = Object.entries(expected.tests).flatMap(([id, [outcome]]) => (outcome === 'passed' && id.includes(only) ? [id] : []));
  const modules = [...new Set(passing.map(moduleOf))];

  beforeAll(async () => {
    if (recording) return;
    const installed = await listKazooTests();
    outcomes = await runAll(startEmbedded, installed.tests.filter((id) => id.includes(only)), expected);
  }, 400_000);

  test.runIf(recording)('is recorded with Apache ZooKeeper', record, 900_000);

  test.skipIf(recording).each(modules)('%s', (module) => {
    // Another version of kazoo may lack some tests.
    const ran = passing.filter((id) => moduleOf(id) === module && outcomes.has(id));
    expect(ran.length).toBeGreaterThan(0);
    const worse = ran.map((id) => outcomes.get(id)).filter((outcome) => outcome?.outcome !== 'passed');
    expect(worse.map((outcome) => `${outcome?.test}: ${outcome?.outcome}\n${outcome?.detail}`)).toEqual([]);
  });
});
