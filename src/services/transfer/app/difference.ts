/** Both sides of one node of a comparison or a preview, read when they are asked for. */

import type { CancelSignal } from '../../../base/signal.ts';
import type { TransferJob, TransferNode, TransferSide } from '../../../contract/transfer.ts';
import { KeeperError, UsageError } from '../../../model/errors.ts';
import { isMasked } from '../../acl/rights.ts';
import type { ConnectionsService } from '../../connections/connections-service.ts';
import type { ExportFiles } from '../../ports.ts';
import { plainData } from '../../util/plain-bytes.ts';
import { checkFile } from '../format/open.ts';
import { absolutePath } from '../order.ts';
import type { TransferTools } from '../ports.ts';
import type { NodeRecord } from '../record.ts';

export interface DifferenceParts {
  readonly connections: ConnectionsService;
  readonly files: ExportFiles;
  readonly tools: TransferTools;
}

/** The sides of a job: what is read (or a), and what stands where it is written (or b). */
function sidesOf({ work }: TransferJob): { readonly a: TransferSide | null; readonly b: TransferSide | null } {
  if (work.kind === 'compare') return { a: work.a, b: work.b };
  const target: TransferSide = { kind: 'live', connectionId: work.connectionId, path: work.path };
  if (work.kind === 'write' || work.kind === 'move') return { a: work.from, b: target };
  return work.kind === 'export' ? { a: target, b: null } : { a: null, b: target };
}

/**
 * Reads both sides of a node.
 *
 * @param path relative to the job's root
 * @returns null for a side that does not have the node, or is none
 * @throws UsageError UnknownConnection, BadExport, FileFailed; KeeperError NoAuth; weather
 */
export async function readDifference(
  parts: DifferenceParts,
  job: TransferJob,
  path: string,
  signal: CancelSignal,
): Promise<{ a: TransferNode | null; b: TransferNode | null }> {
  const { a, b } = sidesOf(job);
  const [nodeA, nodeB] = await Promise.all([readSide(parts, a, path, signal), readSide(parts, b, path, signal)]);
  return { a: nodeA, b: nodeB };
}

function readSide(parts: DifferenceParts, side: TransferSide | null, path: string, signal: CancelSignal): Promise<TransferNode | null> {
  if (side === null) return Promise.resolve(null);
  if (side.kind === 'live') return readLive(parts, side.connectionId, absolutePath(side.path, path), signal);
  return readFromFile(parts, side.file, side.below === '' ? path : path === '' ? side.below : `${side.below}/${path}`);
}

async function readLive({ connections }: DifferenceParts, connectionId: string, path: string, signal: CancelSignal): Promise<TransferNode | null> {
  const { client } = connections.get(connectionId);
  try {
    const [{ data, stat }, acl] = await Promise.all([
      client.getData(path, { signal }),
      // Without it the data is still worth seeing.
      client.getACL(path, { signal }).then((got) => got.acl, (error: unknown) => refusedAsNull(error)),
    ]);
    return {
      data: plainData(data),
      acl: acl === null ? null : acl.map(({ perms, id }) => ({ perms, id: { ...id } })),
      aclMasked: acl !== null && isMasked(acl),
      kind: stat.ephemeralOwner === 0n ? 'persistent' : 'ephemeral',
      ttlMs: null,
      stat,
    };
  } catch (error) {
    if (error instanceof KeeperError && error.code === 'NoNode') return null;
    throw error;
  }
}

function refusedAsNull(error: unknown): null {
  if (error instanceof KeeperError && error.code === 'NoAuth') return null;
  throw error;
}

async function readFromFile({ files, tools }: DifferenceParts, file: string, path: string): Promise<TransferNode | null> {
  if (!files.isAbsolute(file)) throw new UsageError('BadFileName', `${file} is no absolute path`);
  const checked = await checkFile(files.input(file), tools, () => undefined);
  for await (const batch of checked.records()) {
    const found = batch.find((record) => record.path === path);
    if (found !== undefined) return nodeOf(found);
  }
  return null;
}

function nodeOf({ data, acl, aclMasked, kind, ttlMs, stat }: NodeRecord): TransferNode {
  return {
    data: plainData(data),
    acl: acl === null ? null : acl.map(({ perms, id }) => ({ perms, id: { ...id } })),
    aclMasked, kind, ttlMs, stat,
  };
}
