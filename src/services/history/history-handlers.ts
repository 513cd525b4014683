/** The handlers of `history.*`. */

import type { HistoryOperation } from '../../contract/history.ts';
import { isWithin } from '../../model/zpath.ts';
import { UsageError } from '../../model/errors.ts';
import type { ConnectionsService } from '../connections/connections-service.ts';
import type { HandlersOf } from '../context.ts';
import type { Ports } from '../ports.ts';
import type { TransferService } from '../transfer/app/transfer-service.ts';
import { endpointSourceOf, type SourceParts } from '../transfer/app/sources.ts';
import { plainData } from '../util/plain-bytes.ts';
import type { Journal } from './journal.ts';
import { createUndoJob } from './undo-job.ts';

export interface HistoryParts extends SourceParts {
  readonly ports: Ports;
  readonly connections: ConnectionsService;
  readonly journal: Journal;
  readonly transfers: TransferService;
}

type Names = 'history.list' | 'history.entries' | 'history.value' | 'history.undo' | 'history.forget';

export function historyHandlers(parts: HistoryParts): HandlersOf<Names> {
  const { journal } = parts;
  return {
    'history.list': async ({ profileId, path, below, from, count }) => {
      const all = await journal.operations();
      const found = all.filter((operation) => (profileId === null || operation.profileId === profileId) && touches(operation, path, below));
      return { operations: found.slice(from, from + count), total: found.length, bytesOnDisk: await journal.bytesOnDisk() };
    },
    'history.entries': async ({ operationId, from, count }) => {
      const { undone } = await journal.get(operationId);
      const entries = [];
      let index = 0;
      for await (const { path, action, data, kind } of journal.entries(operationId)) {
        if (index >= from && entries.length < count) {
          entries.push({ index, path, action, dataLength: data?.length ?? 0, kind, undone: undone.has(index) });
        }
        index++;
      }
      return { entries, total: index };
    },
    'history.value': async ({ operationId, index }) => {
      let at = 0;
      for await (const { data, acl, aclMasked, kind, ttlMs, stat } of journal.entries(operationId)) {
        if (at++ !== index) continue;
        return { data: plainData(data), acl: acl === null ? null : acl.map((entry) => ({ ...entry, id: { ...entry.id } })), aclMasked, kind, ttlMs, stat };
      }
      throw new UsageError('UnknownOperation', `the operation has no entry ${index}`);
    },
    'history.undo': (params) => undo(parts, params),
    'history.forget': async ({ operationIds }) => {
      await journal.forget(operationIds);
      return {};
    },
  };
}

/** An operation on many nodes is known by its topmost one. */
function touches(operation: HistoryOperation, path: string | null, below: boolean): boolean {
  if (path === null || operation.path === path) return true;
  if (operation.nodes > 1 && isWithin(path, operation.path)) return true;
  return below && isWithin(operation.path, path);
}

async function undo(
  parts: HistoryParts,
  { connectionId, operationId, indexes, conflicts }: { connectionId: string; operationId: string; indexes: number[] | null; conflicts: 'leave' | 'overwrite' },
): ReturnType<TransferService['startOwn']> {
  const { ports, connections, journal, transfers } = parts;
  const { operation } = await journal.get(operationId);
  const connection = connections.get(connectionId);
  const { profile } = connection;
  if (profile.id !== operation.profileId) {
    throw new UsageError('OtherEnsemble', `this was done on ${operation.ensemble}: undo it on that connection`);
  }
  const source = await endpointSourceOf(parts, connection);
  const own = await journal.begin({ ensemble: profile.name, profileId: profile.id, kind: 'undo', path: operation.path });
  const { path } = operation;
  return transfers.startOwn({ kind: 'undo', connectionId, path, operationId }, (listeners) => ({
    operation: own,
    job: createUndoJob(
      { journal, operationId, path, indexes: indexes === null ? null : new Set(indexes), conflicts, own, source },
      { clock: ports.clock, tools: ports.transfer.tools, ...listeners },
    ),
  }));
}
