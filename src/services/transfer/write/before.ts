/** Images of nodes before a job touches them. */

import { formatId } from '../../../model/zxid.ts';
import type { BeforeImage } from '../api.ts';
import type { TransferTools } from '../ports.ts';
import { aclPrint, dataPrint } from '../prints.ts';
import type { NodeRecord } from '../record.ts';
import type { Act } from './step.ts';

/** The images that an act calls for; none for a creation. @param path absolute, without the chroot @param again see BeforeImage */
export function imagesFor(tools: TransferTools, path: string, act: Act, now: NodeRecord, again = false): BeforeImage[] {
  const { data, acl, aclMasked, kind, ttlMs, stat } = now;
  if (stat === null || act.kind === 'create') return [];
  const image = (action: BeforeImage['action'], after: string | null): BeforeImage =>
    ({ path, action, data, acl, aclMasked, kind, ttlMs, stat, after, ...(again ? { again } : {}) });
  if (act.kind === 'remove') return [image('delete', null)];
  const out: BeforeImage[] = [];
  if (act.data !== null) out.push(image('setData', dataPrint(tools, act.data.value)));
  if (act.acl !== null) out.push(image('setAcl', aclPrint(tools, act.acl.value)));
  return out;
}

/** Tells one state of a node from another. */
export function stateKey({ stat }: NodeRecord): string {
  return stat === null ? '' : `${formatId(stat.czxid)}:${stat.version}:${stat.aversion}`;
}
