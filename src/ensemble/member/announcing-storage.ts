/** The logs' directory of a member: before a log is begun with another epoch's transaction, that epoch is announced. */

import { epochOf } from '../../model/zxid.ts';
import { logsOf } from '../log/file-names.ts';
import type { Storage } from '../log/storage.ts';

/** @param announce EpochFiles.announce */
export function announcing(storage: Storage, announce: (epoch: number) => Promise<void>): Storage {
  return {
    list: () => storage.list(),
    read: (name) => storage.read(name),
    readTail: (name, bytes) => storage.readTail(name, bytes),
    stream: (name, from) => storage.stream(name, from),
    writeWhole: (name, parts) => storage.writeWhole(name, parts),
    truncate: (name, bytes, doubtful) => storage.truncate(name, bytes, doubtful),
    remove: (name) => storage.remove(name),
    size: (name) => storage.size(name),
    async create(name, first) {
      const [log] = logsOf([name]);
      if (log !== undefined) await announce(epochOf(log.zxid));
      return storage.create(name, first);
    },
  };
}
