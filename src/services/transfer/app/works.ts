/** What a view asked for, as the job engine takes it: sessions, files, rules. */

import type { AnyTransferWork, TransferSide, TransferWork } from '../../../contract/transfer.ts';
import { UsageError } from '../../../model/errors.ts';
import type { OpenConnection } from '../../connections/open-connection.ts';
import type { ExportFiles } from '../../ports.ts';
import type { JobOptions, LiveSide, Side, Work } from '../api.ts';
import { anew } from '../anew.ts';
import { endpointSourceOf, type SourceParts } from './sources.ts';

export interface WorkParts extends SourceParts {
  readonly files: ExportFiles;
  /** @throws UsageError UnknownConnection */
  readonly connection: (connectionId: string) => OpenConnection;
}

/** The connections of a work: the one that is read, and the one that is written, where there are such. */
export function connectionsOf(work: AnyTransferWork): { readonly from: string | null; readonly to: string | null } {
  const idOf = (side: TransferSide): string | null => (side.kind === 'live' ? side.connectionId : null);
  switch (work.kind) {
    case 'export':
      return { from: work.connectionId, to: null };
    case 'compare':
      return { from: idOf(work.a), to: idOf(work.b) };
    case 'write':
    case 'move':
      return { from: idOf(work.from), to: work.connectionId };
    case 'delete':
    case 'setAcl':
    case 'undo':
      return { from: null, to: work.connectionId };
  }
}

/** The files of a work. */
export function filesOf(work: AnyTransferWork): { readonly from: string | null; readonly to: string | null } {
  const fileOf = (side: TransferSide): string | null => (side.kind === 'file' ? side.file : null);
  if (work.kind === 'export') return { from: null, to: work.file };
  if (work.kind === 'compare') return { from: fileOf(work.a), to: fileOf(work.b) };
  return { from: work.kind === 'write' ? fileOf(work.from) : null, to: null };
}

/** The connections whose ensembles a work changes. */
export function writtenBy(work: AnyTransferWork): readonly string[] {
  if (work.kind === 'export' || work.kind === 'compare') return [];
  if (work.kind === 'move') return [work.connectionId, work.from.connectionId];
  return [work.connectionId];
}

/** The same work on other connections: they do not outlive the app. */
export function withConnections<W extends AnyTransferWork>(work: W, renamed: Readonly<Record<string, string>>): W {
  const rename = (id: string): string => renamed[id] ?? id;
  const side = <S extends TransferSide>(each: S): S => (each.kind === 'live' ? { ...each, connectionId: rename(each.connectionId) } : each);
  if (work.kind === 'compare') return { ...work, a: side(work.a), b: side(work.b) };
  const moved = { ...work, connectionId: rename(work.connectionId) };
  return moved.kind === 'write' || moved.kind === 'move' ? { ...moved, from: side(moved.from) } : moved;
}

/** What every job is told besides its work. */
export function jobOptionsOf(work: TransferWork, dryRun: boolean, nodesPerSecondMax: number | null): JobOptions {
  return { dryRun, ephemerals: work.ephemerals, acl: work.kind === 'setAcl' || work.acl, nodesPerSecondMax };
}

/**
 * The work for the engine. No session is opened before the job runs.
 *
 * @param goesOn whether an interrupted job is gone on with: then what is left of its file counts
 * @throws UsageError UnknownConnection, BadFileName
 */
export async function engineWork(parts: WorkParts, work: TransferWork, goesOn: boolean): Promise<Work> {
  const live = async (connectionId: string, path: string): Promise<LiveSide> => ({
    kind: 'live', path, source: await endpointSourceOf(parts, parts.connection(connectionId)),
  });
  const side = async (each: TransferSide): Promise<Side> =>
    each.kind === 'live'
      ? live(each.connectionId, each.path)
      : { kind: 'file', input: parts.files.input(absolute(parts.files, each.file)), below: each.below };
  switch (work.kind) {
    case 'export': {
      const file = absolute(parts.files, work.file);
      const output = parts.files.output({ file, compression: work.compression, overwrite: work.overwriteFile });
      return { kind: 'export', from: await live(work.connectionId, work.path), to: goesOn ? output : anew(output) };
    }
    case 'compare':
      return { kind: 'compare', a: await side(work.a), b: await side(work.b) };
    case 'write': {
      const { policy, removeExtra, only } = work;
      return { kind: 'write', from: await side(work.from), to: await live(work.connectionId, work.path), policy, removeExtra, only };
    }
    case 'move': {
      const from = await live(work.from.connectionId, work.from.path);
      return { kind: 'move', from, to: await live(work.connectionId, work.path), policy: work.policy };
    }
    case 'delete':
      return { kind: 'delete', at: await live(work.connectionId, work.path) };
    case 'setAcl':
      return { kind: 'setAcl', at: await live(work.connectionId, work.path), acl: work.acl, mode: work.mode };
  }
}

function absolute(files: ExportFiles, file: string): string {
  if (files.isAbsolute(file)) return file;
  throw new UsageError('BadFileName', `${file} is no absolute path: it has to begin at the root of the disk`);
}
