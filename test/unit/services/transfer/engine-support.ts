/** What engine tests share: trees by a seed, logs and files in memory that can be killed, and running a job. */

import { concatBytes } from '../../../../src/base/bytes.ts';
import { below, seededRandom, type Random } from '../../../../src/base/random.ts';
import { OPEN_ACL, type Acl } from '../../../../src/model/acl.ts';
import { CreateMode } from '../../../../src/model/create-mode.ts';
import { joinPath, pathProblem } from '../../../../src/model/zpath.ts';
import { nodeClock } from '../../../../src/platform/node-clock.ts';
import { nodeTransferTools } from '../../../../src/platform/transfer/tools.ts';
import type { BeforeImage, Job, JobDeps, JobEnd, JobItem, JobOptions, Work } from '../../../../src/services/transfer/api.ts';
import type { EndpointSource } from '../../../../src/services/transfer/endpoint.ts';
import { createJob } from '../../../../src/services/transfer/job.ts';
import type { AppendLog, ExportInput, ExportOutput } from '../../../../src/services/transfer/ports.ts';
import { FakeKeeper } from './fake-keeper.ts';

const ACLS: readonly (readonly Acl[])[] = [
  OPEN_ACL,
  OPEN_ACL,
  OPEN_ACL,
  [{ perms: 1, id: { scheme: 'world', id: 'anyone' } }],
  [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }, { perms: 1, id: { scheme: 'ip', id: '10.0.0.0/8' } }],
  [{ perms: 31, id: { scheme: 'digest', id: 'alice:hash' } }, { perms: 1, id: { scheme: 'world', id: 'anyone' } }],
];
const NAMES = ['a', 'b', 'a b', 'a!', 'a0', 'Ω', '配置', 'z%2F'];

/** Nodes at and below `root`, by a seed: every kind, null and empty data, several ACLs. */
export function growTree(keeper: FakeKeeper, random: Random, root: string, count: number): void {
  if (!keeper.nodes.has(root)) keeper.put(root, 'root');
  const parents = [root];
  for (let made = 1; made < count; ) {
    const parent = parents[below(random, parents.length)] as string;
    const path = joinPath(parent, `${NAMES[below(random, NAMES.length)] as string}${below(random, 6) === 0 ? '' : below(random, 40)}`);
    if (keeper.nodes.has(path) || pathProblem(path) !== null) continue;
    const kind = below(random, 30);
    const mode = kind === 0 ? CreateMode.EPHEMERAL : CreateMode.PERSISTENT;
    keeper.put(path, dataOf(random), ACLS[below(random, ACLS.length)] as readonly Acl[], mode);
    if (mode !== CreateMode.EPHEMERAL) parents.push(path);
    made++;
  }
}

function dataOf(random: Random): Uint8Array | null {
  const kind = below(random, 6);
  if (kind === 0) return null;
  if (kind === 1) return new Uint8Array(0);
  return Uint8Array.from({ length: below(random, kind === 2 ? 3_000 : 40) }, () => below(random, 256));
}

/** A subtree as its persistent nodes, the way a copy has it. */
export function copyable(keeper: FakeKeeper, root: string): Map<string, string> {
  const out = keeper.dump(root);
  const left = [...out].filter(([, text]) => text.endsWith(` ${CreateMode.EPHEMERAL} `)).map(([path]) => path);
  for (const path of out.keys()) if (left.some((each) => path === each || path.startsWith(`${each}/`))) out.delete(path);
  return out;
}

/** Lines in memory. `killAt`: with this append the process dies: nothing that waits for it goes on. */
export class MemoryLog implements AppendLog {
  lines: string[];
  appends = 0;
  readonly #killAt: number | null;
  readonly #onKill: () => void;

  constructor(lines: readonly string[] = [], killAt: number | null = null, onKill: () => void = () => undefined) {
    this.lines = [...lines];
    this.#killAt = killAt;
    this.#onKill = onKill;
  }

  async *read(): AsyncGenerator<string> {
    await Promise.resolve();
    yield* this.lines;
  }

  append(lines: readonly string[]): Promise<void> {
    this.appends++;
    if (this.#killAt !== null && this.appends > this.#killAt) return new Promise(() => undefined);
    this.lines.push(...lines);
    return this.#killAt === this.appends ? this.#kill() : pause();
  }

  replace(lines: readonly string[]): Promise<void> {
    this.lines = [...lines];
    return pause();
  }

  size(): Promise<number> {
    return Promise.resolve(this.lines.join('\n').length);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #kill(): Promise<void> {
    this.#onKill();
    return new Promise(() => undefined);
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A file in memory. What was not made durable is lost in part when the process dies. */
export class MemoryFile implements ExportOutput, ExportInput {
  readonly name = 'memory';
  bytes: Uint8Array;
  finished = false;
  durable = 0;
  dead = false;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.bytes = bytes;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    await Promise.resolve();
    for (let at = 0; at < this.bytes.length; at += 1_000) yield this.bytes.slice(at, at + 1_000);
  }

  kept(): AsyncGenerator<Uint8Array> {
    return this.chunks();
  }

  async begin(bytes: number): Promise<void> {
    await pause();
    this.bytes = this.bytes.slice(0, bytes);
  }

  async write(lines: Uint8Array): Promise<void> {
    await Promise.resolve();
    if (!this.dead) this.bytes = concatBytes([this.bytes, lines]);
  }

  async checkpoint(): Promise<void> {
    await pause();
    this.durable = this.bytes.length;
  }

  async finish(): Promise<void> {
    await pause();
    if (!this.dead) this.finished = true;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The process dies; what was durable is there, and perhaps more. */
  kill(random: Random): void {
    this.dead = true;
    this.bytes = this.bytes.slice(0, this.durable + below(random, this.bytes.length - this.durable + 1));
  }
}

export const OPTIONS: JobOptions = { dryRun: false, ephemerals: false, acl: true, nodesPerSecondMax: null };

export interface Ran {
  readonly job: Job;
  readonly end: JobEnd;
  readonly items: readonly JobItem[];
  readonly images: readonly BeforeImage[];
}

export interface Started {
  readonly job: Job;
  readonly items: JobItem[];
  readonly images: BeforeImage[];
}

/** Makes a job that remembers what it tells. */
export function startJob(work: Work, options: Partial<JobOptions> = {}, deps: Partial<JobDeps> = {}): Started {
  const items: JobItem[] = [];
  const images: BeforeImage[] = [];
  const job = createJob(work, { ...OPTIONS, ...options }, {
    clock: nodeClock,
    tools: nodeTransferTools,
    log: null,
    before: { keep: (kept) => pause().then(() => void images.push(...kept)) },
    onItems: (told) => items.push(...told),
    onProgress: () => undefined,
    ...deps,
  });
  return { job, items, images };
}

export async function runJob(work: Work, options: Partial<JobOptions> = {}, deps: Partial<JobDeps> = {}): Promise<Ran> {
  const { job, items, images } = startJob(work, options, deps);
  const end = await job.run();
  return { job, end, items, images };
}

export function liveAt(source: EndpointSource, path: string): { readonly kind: 'live'; readonly source: EndpointSource; readonly path: string } {
  return { kind: 'live', source, path };
}

export const fileSide = (input: ExportInput, below_ = ''): { readonly kind: 'file'; readonly input: ExportInput; readonly below: string } =>
  ({ kind: 'file', input, below: below_ });

export { FakeKeeper, seededRandom };

/** An ensemble with a tree at /src. */
export function keeperWith(seed: number, count: number): FakeKeeper {
  const keeper = new FakeKeeper(seededRandom(seed));
  growTree(keeper, seededRandom(seed + 1), '/src', count);
  return keeper;
}

/** What became of a path. */
export function itemsAt(items: readonly JobItem[], path: string): string[] {
  return items.filter((item) => item.path === path).map(({ action, reason }) => (reason === null ? action : `${action} ${reason}`));
}
