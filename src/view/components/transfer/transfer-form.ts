/** What the transfer dialog asks, and the work that comes of it. */

import { parseAcl, type Acl } from '../../../model/acl.ts';
import { pathProblem } from '../../../model/zpath.ts';
import type { TransferSide, TransferWork } from '../../stores/transfers.ts';

export const TRANSFER_KINDS = ['export', 'import', 'copy', 'move', 'compare', 'setAcl'] as const;
/** `delete` has no questions: it comes as a work that is whole. */
export type TransferKind = (typeof TRANSFER_KINDS)[number] | 'delete';
export const POLICIES = ['skip', 'unchanged', 'overwrite', 'stop'] as const;
export const COMPRESSIONS = ['gzip', 'zstd', 'none'] as const;
export const ACL_MODES = ['replace', 'add', 'remove'] as const;

export interface TransferForm {
  file: string;
  /** The other end of a copy, a move or a comparison. */
  otherId: string;
  otherPath: string;
  against: 'live' | 'file';
  compression: (typeof COMPRESSIONS)[number];
  overwriteFile: boolean;
  acl: boolean;
  ephemerals: boolean;
  policy: (typeof POLICIES)[number];
  removeExtra: boolean;
  mode: (typeof ACL_MODES)[number];
  aclText: string;
  rate: string;
}

/** What the dialog begins with. */
export function newForm(connectionId: string, path: string, kind: TransferKind): TransferForm {
  return {
    file: '', otherId: connectionId, otherPath: kind === 'copy' || kind === 'move' ? `${path === '/' ? '' : path}-copy` : path,
    against: 'live', compression: 'gzip', overwriteFile: false, acl: true, ephemerals: false, policy: 'stop', removeExtra: false,
    mode: 'replace', aclText: 'world:anyone:cdrwa', rate: '',
  };
}

/** The entries of a text, or the first that is none. */
export function readAclText(text: string): { readonly acl: readonly Acl[] } | { readonly bad: string } {
  const entries = text.split(/[,\n]/).map((entry) => entry.trim()).filter((entry) => entry !== '');
  const acl: Acl[] = [];
  for (const entry of entries) {
    const parsed = parseAcl(entry);
    if (parsed === null) return { bad: entry };
    acl.push(parsed);
  }
  return acl.length === 0 ? { bad: '' } : { acl };
}

/** Nodes a second, or null for no limit.  */
export function readRate(typed: string): number | null {
  const rate = Number(typed);
  return Number.isFinite(rate) && rate > 0 ? rate : null;
}

/** The work of a form; null while something is missing or wrong. */
export function workOf(kind: TransferKind, connectionId: string, path: string, form: TransferForm): TransferWork | null {
  const { acl, ephemerals, policy, removeExtra } = form;
  const here = { connectionId, path };
  const other = { connectionId: form.otherId, path: form.otherPath.trim() };
  const live: TransferSide = { kind: 'live', ...here };
  const file = form.file.trim();
  const otherFits = other.connectionId !== '' && pathProblem(other.path) === null;
  switch (kind) {
    case 'export':
      return file === '' ? null : { kind: 'export', ...here, file, compression: form.compression, overwriteFile: form.overwriteFile, acl, ephemerals };
    case 'import':
      return file === '' ? null : { kind: 'write', from: { kind: 'file', file, below: '' }, ...here, policy, removeExtra, only: null, acl, ephemerals: false };
    case 'copy':
      return otherFits ? { kind: 'write', from: live, ...other, policy, removeExtra, only: null, acl, ephemerals: false } : null;
    case 'move':
      return otherFits ? { kind: 'move', from: live as Extract<TransferSide, { kind: 'live' }>, ...other, policy, acl, ephemerals: false } : null;
    case 'compare': {
      if (form.against === 'file') return file === '' ? null : { kind: 'compare', a: live, b: { kind: 'file', file, below: '' }, acl, ephemerals };
      return otherFits ? { kind: 'compare', a: live, b: { kind: 'live', ...other }, acl, ephemerals } : null;
    }
    case 'delete':
      return { kind: 'delete', ...here, acl: true, ephemerals };
    case 'setAcl': {
      const entries = readAclText(form.aclText);
      return 'bad' in entries ? null : { kind: 'setAcl', ...here, acl: entries.acl.map((entry) => ({ ...entry })), mode: form.mode, ephemerals: true };
    }
  }
}

/** Whether removing what only the target has makes sense with a policy. */
export const mayRemoveExtra = ({ policy }: TransferForm): boolean => policy === 'overwrite' || policy === 'unchanged';
