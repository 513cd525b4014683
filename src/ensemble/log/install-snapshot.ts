/**
 * A tree that came from the leader takes the place of everything (Learner.syncWithLeader, SNAP). Must hold: cut off at
 * any moment, the directory holds the old history or the new one, never some of both: the new tree is written aside
 * first, and whoever finds it there whole goes on with what is left to do.
 */

import { snapshotChunks } from './snapshot-writer.ts';
import { snapshotName } from './file-names.ts';
import { removeAfter } from './truncate-log.ts';
import type { SnapshotSource } from '../txn/snapshot-content.ts';
import type { Storage } from './storage.ts';

const ASIDE = /^received-(snapshot\.([0-9a-f]{1,16}))$/;

/** Writes the tree and makes it the newest history there is. The source is released. */
export async function installSnapshot(snapshots: Storage, logs: Storage, source: SnapshotSource): Promise<void> {
  const { zxid } = source;
  await snapshots.writeWhole(`received-${snapshotName(zxid)}`, snapshotChunks(source));
  await finishInstall(snapshots, logs);
}

/** What an installation that was cut off had left to do. To be called before the directory is read. */
export async function finishInstall(snapshots: Storage, logs: Storage): Promise<void> {
  for (const aside of await snapshots.list()) {
    const [, name, hex] = ASIDE.exec(aside) ?? [];
    if (name === undefined || hex === undefined) continue;
    await removeAfter(snapshots, logs, BigInt(`0x${hex}`));
    await snapshots.writeWhole(name, snapshots.stream(aside));
    await snapshots.remove(aside);
  }
}
