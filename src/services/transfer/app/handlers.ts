/** The handlers of `transfer.*`. */

import type { HandlersOf } from '../../context.ts';
import type { ConnectionsService } from '../../connections/connections-service.ts';
import type { Ports } from '../../ports.ts';
import { UsageError } from '../../../model/errors.ts';
import { readDifference } from './difference.ts';
import { readFileInfo, suggestFile } from './export-files.ts';
import type { TransferService } from './transfer-service.ts';

const FILES_SHOWN_MAX = 200;

type Names =
  | 'transfer.read' | 'transfer.write' | 'transfer.list' | 'transfer.items' | 'transfer.difference' | 'transfer.control'
  | 'transfer.setRate' | 'transfer.suggestFile' | 'transfer.files' | 'transfer.fileInfo' | 'transfer.chooseFile';

export function transferHandlers(service: TransferService, connections: ConnectionsService, ports: Ports): HandlersOf<Names> {
  const { files, tools } = ports.transfer;
  return {
    'transfer.read': ({ work, dryRun, nodesPerSecondMax = null }) => {
      const reads = work.kind === 'export' || work.kind === 'compare';
      if (!reads && !dryRun) throw new UsageError('InvalidParams', `dryRun: a ${work.kind} writes, and is started by transfer.write`);
      return service.start(work, dryRun, nodesPerSecondMax);
    },
    'transfer.write': ({ connectionId, work, nodesPerSecondMax }) => {
      if (work.kind === 'export' || work.kind === 'compare') throw new UsageError('InvalidParams', `work: a ${work.kind} is started by transfer.read`);
      if (work.connectionId !== connectionId) throw new UsageError('InvalidParams', 'connectionId: not the connection that the work writes to');
      return service.start(work, false, nodesPerSecondMax);
    },
    'transfer.list': () => service.list(),
    'transfer.items': ({ jobId, actions, from, count }) => service.items(jobId, actions, from, count),
    'transfer.difference': async ({ jobId, path }, { signal }) =>
      readDifference({ connections, files, tools }, await service.get(jobId), path, signal),
    'transfer.control': async ({ jobId, action }) => {
      await service.control(jobId, action);
      return {};
    },
    'transfer.setRate': async ({ jobId, nodesPerSecondMax }) => {
      await service.setRate(jobId, nodesPerSecondMax);
      return {};
    },
    'transfer.suggestFile': async ({ connectionId, path }) => ({
      file: await suggestFile(files, connections.get(connectionId).profile.name, path, ports.clock.wallMs()),
    }),
    'transfer.files': async () => {
      const found = [...(await files.list())].sort((a, b) => b.atMs - a.atMs);
      return { folder: files.folder, files: found.slice(0, FILES_SHOWN_MAX).map((file) => ({ ...file })) };
    },
    'transfer.fileInfo': ({ file }) => readFileInfo(ports.transfer, file),
    'transfer.chooseFile': ({ mode, suggested }) => files.choose(mode, suggested),
  };
}
