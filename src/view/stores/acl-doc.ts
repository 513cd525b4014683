/** One node's ACL as a state: what was read and what is being edited. Pure; the same promises as node-doc.ts. */

import type { Result } from '../../contract/contract.ts';
import type { AclValue } from '../../contract/nodes.ts';
import type { Failure } from '../../contract/shapes.ts';
import { equalAcls, type Acl } from '../../model/acl.ts';

export type AclWriteOutcome = Result<'acl.write'>;

export interface AclDoc {
  readonly base: AclValue | null;
  readonly draft: readonly Acl[] | null;
  /** What the server has, when it is not what the edit began from. */
  readonly theirs: AclValue | null;
  readonly gone: boolean;
  readonly failure: Failure | null;
  readonly busy: 'idle' | 'reading' | 'saving';
}

export const NEW_ACL_DOC: AclDoc = { base: null, draft: null, theirs: null, gone: false, failure: null, busy: 'idle' };

/** The entries as the table has them. */
export const entriesOf = (doc: AclDoc): readonly Acl[] => doc.draft ?? doc.base?.acl ?? [];

export function aclAfterRead(doc: AclDoc, value: AclValue): AclDoc {
  const next: AclDoc = { ...doc, failure: null, gone: false, busy: doc.busy === 'reading' ? 'idle' : doc.busy };
  if (doc.base === null || doc.draft === null || equalAcls(doc.draft, value.acl)) return { ...next, base: value, draft: null, theirs: null };
  const same = doc.base.stat.aversion === value.stat.aversion && doc.base.stat.czxid === value.stat.czxid;
  return same ? { ...next, base: value, theirs: null } : { ...next, theirs: value };
}

export function aclAfterReadFailure(doc: AclDoc, failure: Failure): AclDoc {
  const idle: AclDoc = { ...doc, busy: doc.busy === 'reading' ? 'idle' : doc.busy };
  return failure.code === 'NoNode' && doc.base !== null ? { ...idle, gone: true } : { ...idle, failure };
}

export function aclEdited(doc: AclDoc, acl: readonly Acl[]): AclDoc {
  if (doc.base === null) return doc;
  return { ...doc, draft: equalAcls(acl, doc.base.acl) ? null : acl };
}

export function aclAfterWrite(doc: AclDoc, sent: readonly Acl[], outcome: AclWriteOutcome): AclDoc {
  const next: AclDoc = { ...doc, busy: 'idle', failure: null };
  switch (outcome.kind) {
    case 'gone':
      return { ...next, gone: true };
    case 'conflict':
      return { ...next, theirs: outcome.current };
    case 'written': {
      // The server may have put other entries in the place of `auth`: what it has now is what is shown.
      const typed = doc.draft !== null && !equalAcls(doc.draft, sent) ? doc.draft : null;
      return { ...next, base: outcome.value, draft: typed, theirs: null, gone: false };
    }
  }
}

/** Gives the edit up, for what the server has. */
export function aclReverted(doc: AclDoc): AclDoc {
  return { ...doc, base: doc.theirs ?? doc.base, draft: null, theirs: null };
}
