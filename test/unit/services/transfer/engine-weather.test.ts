/** Jobs in bad weather and after kill -9, by seeds: the end is the same as in calm. */

import { describe, expect, test } from 'vitest';
import { below, seededRandom } from '../../../../src/base/random.ts';
import type { Clock } from '../../../../src/base/clock.ts';
import type { Acl } from '../../../../src/model/acl.ts';
import { nodeClock } from '../../../../src/platform/node-clock.ts';
import type { JobEnd, Work } from '../../../../src/services/transfer/api.ts';
import {
  copyable, fileSide, FakeKeeper, keeperWith, liveAt, MemoryFile, MemoryLog, runJob, startJob,
} from './engine-support.ts';

const ALICE = { scheme: 'digest', id: 'alice:hash' };
const OTHER_ACL: readonly Acl[] = [{ perms: 31, id: ALICE }];
const NODES = 1_200;

/** Exports write down how far they are by the clock, too. */
const quickClock: Clock = { ...nodeClock, monotonicMs: () => nodeClock.monotonicMs() * 100 };

/** What a job works on, made anew the same way for each run. */
interface Scene {
  readonly keeper: FakeKeeper;
  readonly file: MemoryFile;
  readonly work: Work;
}

/** A source at /src, and at /dst a part of it: some nodes missing, some changed, some extra. */
function twoTrees(seed: number): FakeKeeper {
  const keeper = keeperWith(seed, NODES);
  const random = seededRandom(seed + 2);
  for (const [path, node] of [...keeper.nodes]) {
    if (!path.startsWith('/src') || node.owner !== 0n || below(random, 8) === 0) continue;
    const copy = `/dst${path.slice(4)}`;
    const parent = copy.slice(0, copy.lastIndexOf('/')) || '/';
    if (!keeper.nodes.has(parent) && parent !== '/') continue;
    keeper.put(copy, below(random, 6) === 0 ? 'changed' : node.data, below(random, 6) === 0 ? OTHER_ACL : node.acl);
    if (below(random, 10) === 0) keeper.put(`${copy}/extra`, 'extra');
  }
  return keeper;
}

const source = (keeper: FakeKeeper) => keeper.source({ ids: [ALICE] });
/** Who may do anything. */
const superSource = (keeper: FakeKeeper) => keeper.source({ ids: [{ scheme: 'super', id: '' }] });

async function exported(seed: number): Promise<MemoryFile> {
  const keeper = keeperWith(seed, NODES);
  const file = new MemoryFile();
  await runJob({ kind: 'export', from: liveAt(source(keeper), '/src'), to: file });
  return file;
}

const SCENES: Readonly<Record<string, (seed: number) => Promise<Scene>>> = {
  export: async (seed) => {
    const keeper = keeperWith(seed, NODES);
    const file = new MemoryFile();
    return Promise.resolve({ keeper, file, work: { kind: 'export', from: liveAt(source(keeper), '/src'), to: file } });
  },
  import: async (seed) => {
    const file = await exported(seed);
    const keeper = new FakeKeeper(seededRandom(seed));
    // This session is nobody: what is alice's alone is made open to it first, and closed behind it.
    const to = liveAt(keeper.source(), '/dst');
    return { keeper, file, work: { kind: 'write', from: fileSide(file), to, policy: 'skip', removeExtra: false, only: null } };
  },
  'copy over': async (seed) => {
    const keeper = twoTrees(seed);
    const file = new MemoryFile();
    const from = liveAt(superSource(keeper), '/src');
    const to = liveAt(superSource(keeper), '/dst');
    return Promise.resolve({ keeper, file, work: { kind: 'write', from, to, policy: 'overwrite', removeExtra: true, only: null } });
  },
  move: async (seed) => {
    const keeper = keeperWith(seed, NODES);
    const file = new MemoryFile();
    return Promise.resolve({ keeper, file, work: { kind: 'move', from: liveAt(superSource(keeper), '/src'), to: liveAt(superSource(keeper), '/dst'), policy: 'skip' } });
  },
  delete: async (seed) => {
    const keeper = keeperWith(seed, NODES);
    return Promise.resolve({ keeper, file: new MemoryFile(), work: { kind: 'delete', at: liveAt(source(keeper), '/src') } });
  },
  setAcl: async (seed) => {
    const keeper = keeperWith(seed, NODES);
    return Promise.resolve({ keeper, file: new MemoryFile(), work: { kind: 'setAcl', at: liveAt(source(keeper), '/src'), acl: OTHER_ACL, mode: 'replace' } });
  },
};

/** What a job left: nodes without their transaction ids, and the file's nodes. */
function traces({ keeper, file, work }: Scene): unknown {
  const lines = work.kind === 'export' ? new TextDecoder().decode(file.bytes).split('\n').slice(1) : [];
  const nodes = lines.map((line) => line.replace(/"stat":\[[^\]]*\]/, '').replace(/"sha256":"\w*"|"zxid":"\w*"/g, ''));
  return { nodes, finished: file.finished, src: keeper.dump('/src'), dst: keeper.dump('/dst') };
}

const outcome = ({ state, failure, progress: { counts, leftOut } }: JobEnd): unknown => ({
  state, failure: failure?.message ?? null, fail: counts.fail, leave: counts.leave, leftOut,
});

interface Calm {
  readonly traces: unknown;
  readonly outcome: unknown;
}

const calmRuns = new Map<string, Promise<Calm>>();

/** The same without anything going wrong. */
function calm(name: string, seed: number): Promise<Calm> {
  const run = async (): Promise<Calm> => {
    const scene = await (SCENES[name] as (typeof SCENES)[string])(seed);
    const { end } = await runJob(scene.work, {}, { log: new MemoryLog() });
    return { traces: traces(scene), outcome: outcome(end) };
  };
  const key = `${name} ${seed}`;
  const known = calmRuns.get(key) ?? run();
  calmRuns.set(key, known);
  return known;
}

describe.each(Object.keys(SCENES))('%s', (name) => {
  test('in calm it does what it should', async () => {
    const scene = await (SCENES[name] as (typeof SCENES)[string])(1);
    const expected = name === 'delete' || name === 'setAcl' ? null : copyable(scene.keeper, '/src');
    const { end } = await runJob(scene.work);
    expect(end.state).toBe('done');
    if (name === 'copy over') expect(copyable(scene.keeper, '/dst')).toEqual(expected);
    if (name === 'import') expect(scene.keeper.dump('/dst')).toEqual(copyable(keeperWith(1, NODES), '/src'));
    if (name === 'export') expect(end.progress.counts.create).toBe(expected?.size);
  });

  test.each([1, 2, 3])('seed %i: with connections cut and sessions expired', async (seed) => {
    const expected = await calm(name, seed);
    const scene = await (SCENES[name] as (typeof SCENES)[string])(seed);
    const chance = seededRandom(seed * 31);
    let faults = 0;
    scene.keeper.fault = () => {
      const number = below(chance, 400);
      if (number > 1) return null;
      faults++;
      return number === 0 ? 'cut' : 'expire';
    };
    const { end } = await runJob(scene.work, {}, { log: new MemoryLog() });
    expect(faults).toBeGreaterThan(0);
    expect(traces(scene)).toEqual(expected.traces);
    expect(outcome(end)).toEqual(expected.outcome);
  });

  test.each([1, 2, 3, 4, 5, 6])('killed at log append %i, and gone on with', async (killAt) => {
    const seed = 20;
    const expected = await calm(name, seed);
    const scene = await (SCENES[name] as (typeof SCENES)[string])(seed);
    const random = seededRandom(seed);
    let killed = false;
    let lines: readonly string[] = [];
    await new Promise<void>((resolve) => {
      const log = new MemoryLog([], killAt, () => {
        killed = true;
        for (const session of scene.keeper.sessions) session.abandon();
        if (scene.work.kind === 'export') scene.file.kill(random);
        lines = log.lines;
        resolve();
      });
      const { job } = startJob(scene.work, {}, { log, clock: quickClock });
      void job.run().then(() => resolve());
    });
    // Every job writes down at least what it is, and how far it is.
    expect(killed || killAt > 2).toBe(true);
    if (!killed) return;
    const file = new MemoryFile(scene.file.bytes);
    const work = scene.work.kind === 'export' ? { ...scene.work, to: file } : scene.work;
    if (scene.work.kind !== 'export') scene.file.dead = false;
    const { end } = await runJob(work, {}, { log: new MemoryLog(lines) });
    expect(end.failure).toBeNull();
    expect(traces({ ...scene, file: scene.work.kind === 'export' ? file : scene.file })).toEqual(expected.traces);
    expect(end.state).toBe('done');
  });
});
