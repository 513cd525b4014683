/**
 * A subtree moved: copied, then compared with the copy to its end, then removed node by node where it still is what
 * was copied. Must hold: nothing is removed before all of it was seen at the target.
 */

import { UsageError } from '../../../model/errors.ts';
import type { LiveSide, Work } from '../api.ts';
import type { Checkpoint } from '../job-log.ts';
import { openSide } from '../read-side.ts';
import { refuseRoot, refuseSystem } from '../rules.ts';
import type { JobRun } from '../run.ts';
import { isLeft, type SourceEntry } from '../source.ts';
import { Lookup } from '../walk/lookup.ts';
import type { Pair } from '../walk/pairs.ts';
import { drive } from '../write/drive.ts';
import { leave } from '../write/decide.ts';
import { deleteStrategy, type Strategy } from '../write/strategy.ts';
import { Comparer } from './compare.ts';
import { openSource, refuseTarget, writeAll } from './write.ts';

export async function runMove(run: JobRun, work: Extract<Work, { kind: 'move' }>, from: Checkpoint | null): Promise<void> {
  refuseRoot(work.from.path, 'moved');
  await refuseTarget(run, work.from, work.to, true);
  refuseSystem(await run.prepare(work.from), work.from.path);
  const phase = from?.phase ?? 'running';
  if (phase === 'running' || phase === 'checking') {
    const source = await openSource(run, work.from);
    run.begin('running', source.nodesTotal, from?.nodes ?? 0);
    await writeAll(run, source, { to: work.to, policy: work.policy, removeExtra: false, only: null, from });
  }
  if (run.options.dryRun) return;
  if (phase !== 'removing') {
    run.begin('verifying', run.meter.nodes);
    run.checkpoint(null, [], null);
    await verify(run, work.from, work.to);
  }
  const at = phase === 'removing' ? from : null;
  run.begin('removing', run.meter.nodes, at?.nodes ?? 0);
  if (at === null) run.checkpoint(null, [], null);
  const pairs = pairsOf(run, work.from, work.to, at?.at ?? null);
  await drive(run, swapped(await pairs), { target: work.from, strategy: removal(run), acls: run.options.acl, from: at });
  run.zxidAfter = await run.endpoint(work.from).syncedZxid(work.from.path);
}

async function pairsOf(run: JobRun, from: LiveSide, to: LiveSide, after: string | null): Promise<AsyncIterable<readonly Pair[]>> {
  const { acl } = run.options;
  // What is removed is kept with its ACL, whether that was to be copied or not: nothing comes back without.
  const { source } = await openSide(run, from, { data: true, acl: acl || run.deps.before !== null, ephemerals: true, needsRoot: after === null && run.phase === 'verifying' });
  return new Lookup(run.endpoint(to), to.path, { acl, data: true }).pairs(source.read(after));
}

/** @throws UsageError MoveIncomplete when something that could be copied is not at the target as it is at the source */
async function verify(run: JobRun, from: LiveSide, to: LiveSide): Promise<void> {
  const { acl } = run.options;
  const comparer = new Comparer(false, acl);
  let missing = 0;
  let first: string | null = null;
  for await (const pairs of await pairsOf(run, from, to, null)) {
    for (const pair of pairs) {
      await run.step();
      run.count(pair.path, 0);
      if (arrived(comparer, pair, acl)) continue;
      missing++;
      first ??= pair.path;
    }
  }
  if (missing === 0) return;
  copyAgain(run);
  const where = first === '' ? 'the root of it' : (first as string);
  throw new UsageError('MoveIncomplete', `${missing} nodes are not at the target as they are at the source, the first: ${where}; nothing was removed`);
}

/** Going on with it begins with the copy: what came to the source meanwhile is not there by looking once more. */
function copyAgain(run: JobRun): void {
  const { nodes, nodesTotal } = run.meter;
  run.begin('running', null);
  run.checkpoint(null, [], null);
  run.begin('verifying', nodesTotal, nodes);
}

/**
 * Nodes that a copy leaves out stay at the source: they do not have to arrive. One whose ACL came masked has not
 * arrived: with the source its ACL would be lost.
 */
function arrived(comparer: Comparer, pair: Pair, acl: boolean): boolean {
  if (pair.a === null || isLeft(pair.a) || pair.a.kind === 'ephemeral') return true;
  if (acl && pair.a.aclMasked) return false;
  return comparer.item(pair)?.action === 'same';
}

/** The source is what is written to now. */
async function* swapped(batches: AsyncIterable<readonly Pair[]>): AsyncGenerator<readonly Pair[]> {
  for await (const batch of batches) yield batch.map(({ path, a, b }) => ({ path, a: b, b: a }));
}

/** A node of the source goes when its copy is the same now; else it came, or changed, since. */
function removal(run: JobRun): Strategy {
  const remove = deleteStrategy(false, true);
  const comparer = new Comparer(false, run.options.acl);
  return {
    ...remove,
    acl: run.options.acl || run.deps.before !== null,
    choose(path, copy, node, ours) {
      const choice = remove.choose(path, null, node, ours);
      if (choice === null || choice.decision.action !== 'remove') return choice;
      if (comparer.item({ path, a: node, b: copy as SourceEntry | null })?.action === 'same') return choice;
      return { decision: leave('changed', 'it is not what was copied', false), want: null };
    },
  };
}
