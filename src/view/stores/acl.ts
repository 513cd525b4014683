/** ACLs under view and edit. The rules are in acl-doc.ts and acl-rules.ts; here are the calls. */

import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import type { Acl } from '../../model/acl.ts';
import { aclAfterRead, aclAfterReadFailure, aclAfterWrite, aclEdited, aclReverted, entriesOf, NEW_ACL_DOC, type AclDoc } from './acl-doc.ts';
import { backend, failureOf } from './backend.ts';
import { onTabClosed } from './closed-tabs.ts';
import { useConnectionsStore } from './connections.ts';

export { entriesOf, type AclDoc } from './acl-doc.ts';
export { BLOCKING, SCHEMES, entryProblem, holdsAfter, locksOut, type EntryProblem } from './acl-rules.ts';

const keyOf = (connectionId: string, path: string): string => `${connectionId}\n${path}`;

/** The ACLs at hand, each under its connection and path. */
function createAclDocs() {
  const docs = shallowRef<ReadonlyMap<string, AclDoc>>(new Map());

  const doc = (connectionId: string, path: string): AclDoc | null => docs.value.get(keyOf(connectionId, path)) ?? null;

  function put(connectionId: string, path: string, next: AclDoc | null): void {
    const map = new Map(docs.value);
    if (next === null) map.delete(keyOf(connectionId, path));
    else map.set(keyOf(connectionId, path), next);
    docs.value = map;
  }

  function change(connectionId: string, path: string, step: (doc: AclDoc) => AclDoc): void {
    const before = doc(connectionId, path);
    if (before !== null) put(connectionId, path, step(before));
  }

  return { docs, doc, put, change };
}

export const useAclStore = defineStore('acl', () => {
  const { docs, doc, put, change } = createAclDocs();

  const isAclDirty = (connectionId: string, path: string): boolean => doc(connectionId, path)?.draft != null;

  /** Reads the ACL; an edit stays as it is. */
  async function read(connectionId: string, path: string): Promise<void> {
    if (doc(connectionId, path) === null) put(connectionId, path, NEW_ACL_DOC);
    change(connectionId, path, (before) => (before.busy === 'idle' ? { ...before, busy: 'reading' } : before));
    try {
      const value = await backend().call('acl.read', { connectionId, path });
      change(connectionId, path, (before) => aclAfterRead(before, value));
    } catch (thrown) {
      change(connectionId, path, (before) => aclAfterReadFailure(before, failureOf(thrown)));
    }
  }

  /** The view is gone: an ACL that is not edited is forgotten. */
  function release(connectionId: string, path: string): void {
    if (!isAclDirty(connectionId, path)) put(connectionId, path, null);
  }

  function edit(connectionId: string, path: string, acl: readonly Acl[]): void {
    change(connectionId, path, (before) => aclEdited(before, acl));
  }

  function revert(connectionId: string, path: string): void {
    change(connectionId, path, aclReverted);
  }

  /** Saves the edit with the version it began from, or, `over` what the server has, with that one's. @returns whether it was written */
  async function save(connectionId: string, path: string, over = false): Promise<boolean> {
    const found = doc(connectionId, path);
    const onto = over ? found?.theirs : found?.base;
    if (found === null || !onto || found.busy === 'saving') return false;
    const sent = entriesOf(found);
    put(connectionId, path, { ...found, busy: 'saving', failure: null });
    try {
      const outcome = await backend().call('acl.write', { connectionId, path, acl: [...sent], aversion: onto.stat.aversion });
      change(connectionId, path, (before) => aclAfterWrite(before, sent, outcome));
      return outcome.kind === 'written';
    } catch (thrown) {
      change(connectionId, path, (before) => ({ ...before, busy: 'idle', failure: failureOf(thrown) }));
      return false;
    }
  }

  /** The id of a digest entry, made by the app. @throws ApiError */
  async function digest(user: string, password: string): Promise<string> {
    return (await backend().call('acl.digest', { user, password })).id;
  }

  useConnectionsStore().onClosed((connectionId) => {
    for (const key of docs.value.keys()) {
      if (key.startsWith(`${connectionId}\n`)) put(connectionId, key.slice(connectionId.length + 1), null);
    }
  });
  onTabClosed((connectionId, path) => put(connectionId, path, null));

  return { docs, doc, isAclDirty, read, release, edit, revert, save, digest };
});
