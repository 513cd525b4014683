/** What a job is called, and where it works. */

import type { TransferJob, TransferSide } from '../../stores/transfers.ts';

export type JobKind = 'export' | 'import' | 'copy' | 'move' | 'delete' | 'setAcl' | 'compare' | 'undo';

/** A write from a file is an import, from an ensemble a copy. */
export function kindOfJob({ work }: TransferJob): JobKind {
  if (work.kind !== 'write') return work.kind;
  return work.from.kind === 'file' ? 'import' : 'copy';
}

const fileName = (file: string): string => file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
/** A path, or the name of a file. */
export const placeOf = (side: TransferSide): string => (side.kind === 'file' ? fileName(side.file) : side.path);

/** The sides by path or file name, source first. */
export function pathsOfJob({ work }: TransferJob): string {
  switch (work.kind) {
    case 'export':
      return `${work.path} → ${fileName(work.file)}`;
    case 'compare':
      return `${placeOf(work.a)} ↔ ${placeOf(work.b)}`;
    case 'write':
    case 'move':
      return `${placeOf(work.from)} → ${work.path}`;
    case 'delete':
    case 'setAcl':
    case 'undo':
      return work.path;
  }
}

/** Where a job takes from, and where it writes: the ensemble's name, where one is known, and the path or the file. */
export function routeOfJob({ work, fromName, toName }: TransferJob): { readonly name: string | null; readonly place: string }[] {
  switch (work.kind) {
    case 'write':
    case 'move':
      return [{ name: fromName, place: placeOf(work.from) }, { name: toName, place: work.path }];
    case 'export':
      return [{ name: fromName, place: work.path }, { name: null, place: fileName(work.file) }];
    case 'compare':
      return [{ name: fromName, place: placeOf(work.a) }, { name: toName, place: placeOf(work.b) }];
    case 'delete':
    case 'setAcl':
    case 'undo':
      return [{ name: toName ?? fromName, place: work.path }];
  }
}

/** Where a node of a job is in an ensemble that is written or read; null where the job has only files there. */
export function nodeOfJob({ work }: TransferJob): { readonly connectionId: string; readonly path: string } | null {
  if (work.kind !== 'compare') return { connectionId: work.connectionId, path: work.path };
  const live = [work.a, work.b].find((side) => side.kind === 'live');
  return live === undefined ? null : { connectionId: live.connectionId, path: live.path };
}

/** The absolute path of a node that a job names below its root. */
export function below(root: string, relative: string): string {
  if (relative === '') return root;
  return root === '/' ? `/${relative}` : `${root}/${relative}`;
}
