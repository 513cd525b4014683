/** A subtree deleted, and the ACLs of a subtree set: children before parents, streaming. */

import type { LiveSide, Work } from '../api.ts';
import type { Checkpoint } from '../job-log.ts';
import { openSide } from '../read-side.ts';
import { refuseRoot, refuseSystem } from '../rules.ts';
import type { JobRun } from '../run.ts';
import { alone } from '../walk/pairs.ts';
import { drive } from '../write/drive.ts';
import { aclStrategy, deleteStrategy, type Strategy } from '../write/strategy.ts';

export async function runDelete(run: JobRun, { at }: Extract<Work, { kind: 'delete' }>, from: Checkpoint | null): Promise<void> {
  refuseRoot(at.path, 'deleted');
  await below(run, at, deleteStrategy(run.options.ephemerals, run.deps.before !== null), from);
}

export async function runSetAcl(run: JobRun, { at, acl, mode }: Extract<Work, { kind: 'setAcl' }>, from: Checkpoint | null): Promise<void> {
  await below(run, at, aclStrategy(acl, mode), from);
}

async function below(run: JobRun, at: LiveSide, strategy: Strategy, from: Checkpoint | null): Promise<void> {
  refuseSystem(await run.prepare(at), at.path);
  const { data, acl } = strategy;
  // An interrupted deletion may have come to its end.
  const { source, nodesTotal } = await openSide(run, at, { data, acl, ephemerals: true, needsRoot: !run.resumed });
  run.begin('running', nodesTotal, from?.nodes ?? 0);
  await drive(run, alone(source.read(from?.at ?? null), 'b'), { target: at, strategy, acls: acl, from });
}
