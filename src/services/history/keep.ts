/** One write of one node, with the node in the journal before it. */

import type { CancelSignal } from '../../base/signal.ts';
import { KeeperError, ZooError } from '../../model/errors.ts';
import type { OpenConnection } from '../connections/open-connection.ts';
import type { TransferTools } from '../transfer/ports.ts';
import { dataPrint } from '../transfer/prints.ts';
import { imageOf } from './image-of.ts';
import type { Journal } from './journal.ts';

/** What is about to be written, and over which version. */
export type Change =
  | { readonly action: 'setData'; readonly version: number; readonly data: Uint8Array | null }
  | { readonly action: 'setAcl'; readonly aversion: number };

export interface Kept {
  /**
   * Runs a write with the node as it is in the journal. A node that may not be read is written without: it is said in
   * the feed. One that has changed since is not kept, for the write will be refused.
   *
   * @throws UsageError FileFailed when the journal cannot be written: then nothing was sent; what the write throws
   */
  whileKept<T>(connection: OpenConnection, path: string, change: Change, signal: CancelSignal, write: () => Promise<T>): Promise<T>;
}

export function createKept(journal: Journal, tools: TransferTools): Kept {
  return {
    async whileKept(connection, path, change, signal, write) {
      const { profile, client, feed } = connection;
      const image = await imageOf(client, path, change.action, signal);
      if (image === null) feed.add({ kind: 'session', type: 'notKept', path, detail: 'it cannot be read, so History does not have it' });
      const fits = change.action === 'setData' ? image?.stat.version === change.version : image?.stat.aversion === change.aversion;
      if (image === null || !fits) return write();
      let undoable = true;
      const operation = await journal.begin({ ensemble: profile.name, profileId: profile.id, kind: change.action, path });
      await operation.keep([image], change.action === 'setData' ? dataPrint(tools, change.data) : null);
      try {
        return await write();
      } catch (error) {
        // A refusal changed nothing; what was lost on the way may have.
        if (error instanceof KeeperError || (error instanceof ZooError && error.retrySafe)) undoable = false;
        throw error;
      } finally {
        await operation.end();
        if (!undoable) await journal.forget([operation.operationId]);
      }
    },
  };
}
