/** What a side of a job has, as a stream of nodes. */

import { CancelledError, UsageError } from '../../model/errors.ts';
import type { Choice, FileSide, LiveSide, Side } from './api.ts';
import { checkFile } from './format/open.ts';
import { compareRelative, isAtOrBelow, relativePath } from './order.ts';
import { withRoot, type JobRun } from './run.ts';
import { isLeft, type RecordSource, type SourceEntry } from './source.ts';
import { LiveWalk } from './walk/live-walk.ts';

/** A side that is ready to be read, and how many nodes it has where that is known. */
export interface OpenSide {
  readonly source: RecordSource;
  readonly nodesTotal: number | null;
}

export interface ReadOptions {
  readonly data: boolean;
  readonly acl: boolean;
  readonly ephemerals: boolean;
  /** The root must be there. */
  readonly needsRoot: boolean;
  /** What changed behind this transaction is marked; the last one there is where it is not given. */
  readonly since?: bigint | null;
  /** As in WalkOptions; a file is read as a whole. */
  readonly within?: ((relative: string) => boolean) | null;
}

/** Opens a side: connects it, or checks the file to its end. @throws UsageError BadExport, FileFailed, NotInFile; as Endpoint.prepare */
export function openSide(run: JobRun, side: Side, options: ReadOptions): Promise<OpenSide> {
  return side.kind === 'live' ? openLive(run, side, options) : openFile(run, side);
}

async function openLive(run: JobRun, side: LiveSide, options: ReadOptions): Promise<OpenSide> {
  const endpoint = run.endpoint(side);
  await endpoint.prepare();
  const last = await endpoint.syncedZxid(side.path);
  run.zxidBefore ??= last;
  const since = options.since ?? last;
  const { acl, data, ephemerals } = options;
  const walk = new LiveWalk(endpoint, side.path, { acl, data, ephemerals, within: options.within ?? null, kinds: side.kinds ?? null, since });
  const source: RecordSource = {
    kinds: walk.kinds,
    acls: walk.acls,
    read: (after) => (options.needsRoot ? withRoot(walk.read(after), side.path) : walk.read(after)),
  };
  return { source, nodesTotal: await run.countOf(side) };
}

async function openFile(run: JobRun, side: FileSide): Promise<OpenSide> {
  run.begin('checking', null);
  const checked = await checkFile(side.input, run.deps.tools, (nodes) => {
    run.meter.nodes = nodes;
    run.touch();
    if (run.control.cancelled) throw new CancelledError();
  });
  const { kinds, acls } = checked.facts;
  const source: RecordSource = { kinds, acls, read: (after) => partOf(checked.records(), side.below, after) };
  return { source, nodesTotal: side.below === '' ? checked.nodes : null };
}

/** The part of a file that is meant, from behind a node on. */
async function* partOf(
  batches: AsyncIterable<readonly SourceEntry[]>,
  below: string,
  after: string | null,
): AsyncGenerator<readonly SourceEntry[]> {
  let found = false;
  for await (const batch of batches) {
    const out: SourceEntry[] = [];
    for (const entry of batch) {
      if (!isAtOrBelow(entry.path, below)) continue;
      found = true;
      const path = below === '' ? entry.path : relativePath(below, entry.path);
      if (after === null || compareRelative(path, after) > 0) out.push(below === '' ? entry : { ...entry, path });
    }
    if (out.length > 0) yield out;
  }
  if (!found) throw new UsageError('NotInFile', `${below}: the file has no such node`);
}

/** Only the chosen nodes of a stream. */
export async function* onlyChosen(
  batches: AsyncIterable<readonly SourceEntry[]>,
  chosen: readonly Choice[] | null,
): AsyncGenerator<readonly SourceEntry[]> {
  if (chosen === null) {
    yield* batches;
    return;
  }
  const isChosen = chooser(chosen);
  const leads = leadsTo(chosen);
  for await (const batch of batches) {
    // What cannot be read stands for the chosen nodes below it: they are not taken for missing.
    const out = batch.filter((entry) => isChosen(entry.path) || (isLeft(entry) && leads?.(entry.path) === true));
    if (out.length > 0) yield out;
  }
}

/** Whether a node is chosen, or something below it is. */
export function leadsTo(chosen: readonly Choice[] | null): ((path: string) => boolean) | null {
  if (chosen === null) return null;
  const above = new Set<string>();
  for (const { path } of chosen) for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) above.add(path.slice(0, at));
  const isChosen = chooser(chosen);
  return (path) => above.has(path) || isChosen(path);
}

/** Whether a node is chosen: itself, or with something above it. */
function chooser(chosen: readonly Choice[]): (path: string) => boolean {
  const single = new Set(chosen.map(({ path }) => path));
  const whole = new Set(chosen.filter(({ below }) => below).map(({ path }) => path));
  return (path) => {
    if (single.has(path) || whole.has('')) return true;
    for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) {
      if (whole.has(path.slice(0, at))) return true;
    }
    return false;
  };
}
