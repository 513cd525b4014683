/** A node as it stands, read once beside something else, with no watch and no place in the editor. */

import { defineStore } from 'pinia';
import type { TransferNode } from '../../contract/transfer.ts';
import { ApiError } from '../api/client.ts';
import { backend } from './backend.ts';

export const useNodeNowStore = defineStore('nodeNow', () => {
  /** @returns null where no node is @throws ApiError */
  async function read(connectionId: string, path: string): Promise<TransferNode | null> {
    try {
      const { data, stat } = await backend().call('node.read', { connectionId, path, watch: false });
      const rights = await backend().call('acl.read', { connectionId, path }).catch(() => null);
      const kind = stat.ephemeralOwner === 0n ? 'persistent' : 'ephemeral';
      return { data, acl: rights?.acl ?? null, aclMasked: rights?.masked ?? false, kind, ttlMs: null, stat };
    } catch (thrown) {
      if (thrown instanceof ApiError && thrown.failure.code === 'NoNode') return null;
      throw thrown;
    }
  }

  return { read };
});
