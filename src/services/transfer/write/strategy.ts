/** What a writing job wants of a node: the one place where jobs differ. */

import type { Acl } from '../../../model/acl.ts';
import type { NodeRecord } from '../record.ts';
import { isEphemeralKind } from '../record.ts';
import { isLeft, type SourceEntry } from '../source.ts';
import { changedAcl } from './acl-rules.ts';
import { decide, leave, type Decision, type Rules } from './decide.ts';

export interface Choice {
  readonly decision: Decision;
  /** What is to be there afterwards; null: nothing. */
  readonly want: NodeRecord | null;
}

export interface Strategy {
  /** @returns null where there is nothing to say of a node */
  choose(path: string, a: SourceEntry | null, b: SourceEntry | null, ours: boolean): Choice | null;
  /** Changes are made when everything below is through. */
  readonly childrenFirst: boolean;
  /** Whether data and ACLs of the target are looked at. */
  readonly data: boolean;
  readonly acl: boolean;
}

/** Makes the target like the source. */
export function writeStrategy(rules: Rules): Strategy {
  return {
    childrenFirst: false,
    data: true,
    acl: rules.acl,
    choose(path, a, b, ours) {
      const decision = decide(path, a, b, ours ? { ...rules, ours: () => true } : rules);
      if (decision === null) return null;
      return { decision, want: a === null || isLeft(a) ? null : a };
    },
  };
}

/** Removes what is there. @param kept whether what is removed is kept for an undo, and so read whole */
export function deleteStrategy(ephemerals: boolean, kept: boolean): Strategy {
  return {
    childrenFirst: true,
    data: kept,
    acl: kept,
    choose(_path, _a, b) {
      if (b === null || (isLeft(b) && b.left === 'vanished')) return null;
      if (isLeft(b)) return { decision: leave(b.left, b.message, true), want: null };
      if (isEphemeralKind(b) && !ephemerals) return { decision: leave('ephemeral', null, true), want: null };
      return { decision: plain('remove'), want: null };
    },
  };
}

/** Changes ACLs. Where an ACL came masked it is left: writing it would lock out whoever is behind the masked ids. */
export function aclStrategy(acl: readonly Acl[], mode: 'replace' | 'add' | 'remove'): Strategy {
  return {
    childrenFirst: true,
    data: false,
    acl: true,
    choose(_path, _a, b) {
      if (b === null || (isLeft(b) && b.left === 'vanished')) return null;
      if (isLeft(b)) return { decision: leave(b.left, b.message, false), want: null };
      if (b.acl === null || b.aclMasked) {
        return { decision: leave('aclMasked', 'its ACL cannot be read whole: this session has no ADMIN', false), want: null };
      }
      const wanted = changedAcl(b.acl, acl, mode);
      if (wanted === null) {
        return { decision: { ...plain('fail'), reason: 'InvalidAcl', message: 'nothing would be left of its ACL' }, want: null };
      }
      // Identities of the `auth` scheme are the server's to fill in: whether they are there already cannot be told.
      const same = wanted.every(({ id }) => id.scheme !== 'auth') && sameEntries(wanted, b.acl);
      return { decision: same ? plain('same') : { ...plain('change'), differences: ['acl'] }, want: { ...b, acl: wanted } };
    },
  };
}

function plain(action: Decision['action']): Decision {
  return { action, differences: [], reason: null, message: null, blocks: false, stops: false };
}

/** The same rights for the same ids, in any order. */
function sameEntries(a: readonly Acl[], b: readonly Acl[]): boolean {
  const keys = (acl: readonly Acl[]): string => [...new Set(acl.map(({ perms, id }) => `${perms} ${id.scheme}:${id.id}`))].sort().join('\n');
  return keys(a) === keys(b);
}
