/** A target made like a source: import, copy, restore, and "apply these". */

import { ErrorCode } from '../../../model/error-code.ts';
import { KeeperError, UsageError } from '../../../model/errors.ts';
import { parentPath } from '../../../model/zpath.ts';
import type { Choice, LiveSide, Policy, Side, Work } from '../api.ts';
import type { Checkpoint } from '../job-log.ts';
import { leadsTo, onlyChosen, openSide, type OpenSide } from '../read-side.ts';
import { overlapOf, refuseSystem, shareServer } from '../rules.ts';
import type { JobRun } from '../run.ts';
import { isSameEnsemble } from '../same-ensemble.ts';
import type { SourceEntry } from '../source.ts';
import { LiveWalk } from '../walk/live-walk.ts';
import { Lookup } from '../walk/lookup.ts';
import { mergePairs, type Pair } from '../walk/pairs.ts';
import { drive } from '../write/drive.ts';
import { writeStrategy } from '../write/strategy.ts';

export async function runWrite(run: JobRun, work: Extract<Work, { kind: 'write' }>, from: Checkpoint | null): Promise<void> {
  const removeExtra = work.removeExtra && removes(work.policy);
  await refuseTarget(run, work.from, work.to, removeExtra);
  const source = await openSource(run, work.from, work.only);
  run.begin('running', work.only === null ? source.nodesTotal : null, from?.nodes ?? 0);
  await writeAll(run, source, { to: work.to, policy: work.policy, removeExtra, only: work.only, from });
  if (work.from.kind === 'live') run.zxidAfter = await run.endpoint(work.from).syncedZxid(work.from.path);
}

/** Nothing is taken away by those who asked that what is there stays. */
const removes = (policy: Policy): boolean => policy === 'overwrite' || policy === 'unchanged';

/** @throws UsageError SystemPath, IntoItself; KeeperError NoNode, the target's parent; as Endpoint.prepare */
export async function refuseTarget(run: JobRun, from: Side, to: LiveSide, removesNodes: boolean): Promise<void> {
  const client = await run.prepare(to);
  refuseSystem(client, to.path);
  await refuseOrphan(run, to);
  if (from.kind === 'live') await refuseOverlap(run, from, to, removesNodes);
}

/** @throws UsageError IntoItself */
async function refuseOverlap(run: JobRun, from: LiveSide, to: LiveSide, removesNodes: boolean): Promise<void> {
  const ends = [{ endpoint: run.endpoint(from), side: from }, { endpoint: run.endpoint(to), side: to }] as const;
  const target = { client: await run.prepare(to), path: to.path };
  // Before anything else is done with the source: how its session begins tells whether it is the target's ensemble.
  const same = await isSameEnsemble(...ends);
  const source = { client: await run.prepare(from), path: from.path };
  const overlap = same || shareServer(source, target) ? overlapOf(source, target, removesNodes) : null;
  if (overlap !== null) throw new UsageError('IntoItself', overlap);
}

/** The target's parent must be there. A session that may not look at it finds out when it writes. */
async function refuseOrphan(run: JobRun, to: LiveSide): Promise<void> {
  const parent = parentPath(to.path);
  if (parent === null) return;
  const { stat } = await run.endpoint(to).read('read', (client) => client.exists(parent)).catch((error: unknown) => {
    if (error instanceof KeeperError && error.number === ErrorCode.NoAuth) return { stat: undefined };
    throw error;
  });
  if (stat === null) throw new KeeperError(ErrorCode.NoNode, parent);
}

export function openSource(run: JobRun, side: Side, only: readonly Choice[] | null = null): Promise<OpenSide> {
  const { acl, ephemerals } = run.options;
  return openSide(run, side, { data: true, acl, ephemerals, needsRoot: true, within: leadsTo(only) });
}

export interface WriteOptions {
  readonly to: LiveSide;
  readonly policy: Policy;
  readonly removeExtra: boolean;
  readonly only: readonly Choice[] | null;
  readonly from: Checkpoint | null;
}

export async function writeAll(run: JobRun, { source }: OpenSide, options: WriteOptions): Promise<void> {
  const { to, policy, removeExtra, only, from } = options;
  const acl = run.options.acl && source.acls;
  const rules = { policy, acl, removeExtra, kinds: false, ours: run.log.isOurs.bind(run.log) };
  const entries = onlyChosen(countChanged(run, source.read(from?.at ?? null)), only);
  const pairs = removeExtra ? wholePairs(run, entries, options, acl) : new Lookup(run.endpoint(to), to.path, { acl, data: true }).pairs(entries);
  await drive(run, pairs, { target: to, strategy: writeStrategy(rules), acls: acl, from });
}

/** The whole target is read, too: what only it has is to go. */
function wholePairs(
  run: JobRun, entries: AsyncIterable<readonly SourceEntry[]>, { to, only, from }: WriteOptions, acl: boolean,
): AsyncIterable<readonly Pair[]> {
  // What is removed is kept with its ACL: nothing comes back without.
  const options = { acl: acl || run.deps.before !== null, data: true, ephemerals: false, within: leadsTo(only), kinds: null, since: null };
  const walk = new LiveWalk(run.endpoint(to), to.path, options);
  return mergePairs(entries, onlyChosen(walk.read(from?.at ?? null), only));
}

async function* countChanged(run: JobRun, batches: AsyncIterable<readonly SourceEntry[]>): AsyncGenerator<readonly SourceEntry[]> {
  for await (const batch of batches) {
    for (const entry of batch) if ('changed' in entry && entry.changed) run.report.changed++;
    yield batch;
  }
}
