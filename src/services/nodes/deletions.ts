/**
 * Previews and deletions of subtrees. A preview is kept here under a token, for ten minutes; a deletion goes by the
 * token, once, so that it takes what was shown and nothing else.
 */

import type { CancelSignal } from '../../base/signal.ts';
import type { Params, Result } from '../../contract/contract.ts';
import { UsageError } from '../../model/errors.ts';
import type { ConnectionsService } from '../connections/connections-service.ts';
import type { Tell } from '../context.ts';
import type { Journal } from '../history/journal.ts';
import type { Ports } from '../ports.ts';
import { newId } from '../util/ids.ts';
import { createThrottle } from '../util/throttle.ts';
import { walkSubtree, type PlannedNode, type Walk } from './delete-preview.ts';
import { deletePlanned } from './delete-run.ts';

const PREVIEWS_MAX = 8;
const PREVIEW_LIFE_MS = 10 * 60_000;
const SAMPLE_MAX = 200;
const UNREADABLE_SHOWN_MAX = 1_000;
const PROGRESS_INTERVAL_MS = 250;
/** The server refuses to delete these (facts 1.13), and nobody means to. */
const SYSTEM_PATHS = ['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config'];

interface Preview {
  readonly token: string;
  readonly connectionId: string;
  readonly path: string;
  readonly walk: Walk;
  /** Monotonic, ms. */
  readonly expiresMs: number;
}

export interface Deletions {
  preview(params: Params<'node.deletePreview'>, signal: CancelSignal): Promise<Result<'node.deletePreview'>>;
  run(params: Params<'node.delete'>, signal: CancelSignal): Promise<Result<'node.delete'>>;
}

/** Previews are held in memory, the newest few. */
export function createDeletions(
  ports: Pick<Ports, 'clock' | 'random'>,
  connections: ConnectionsService,
  journal: Journal,
  tell: Tell,
): Deletions {
  const { clock, random } = ports;
  let previews: Preview[] = [];

  connections.onClosed((connectionId) => {
    previews = previews.filter((preview) => preview.connectionId !== connectionId);
  });
  const progressOf = (jobId: string, totalOf: () => number | null) => {
    let done = 0;
    const throttle = createThrottle(clock, PROGRESS_INTERVAL_MS, () => tell('node.progress', { jobId, done, total: totalOf() }));
    const update = (now: number): void => {
      done = now;
      throttle.request();
    };
    const end = (): void => {
      throttle.flush();
      throttle.stop();
    };
    return { update, end };
  };
  const take = ({ token, connectionId, path }: Params<'node.delete'>): Preview => {
    const nowMs = clock.monotonicMs();
    previews = previews.filter((preview) => preview.expiresMs > nowMs);
    const found = previews.find((preview) => preview.token === token);
    if (found === undefined || found.connectionId !== connectionId || found.path !== path) {
      throw new UsageError('PreviewUnknown', `there is no preview of deleting ${path} any more: make a new one`);
    }
    previews = previews.filter((preview) => preview !== found);
    return found;
  };

  return {
    async preview({ connectionId, path, limit, jobId }, signal) {
      if (SYSTEM_PATHS.includes(path)) throw new UsageError('BadPath', `${path} belongs to ZooKeeper and cannot be deleted`);
      const connection = connections.get(connectionId);
      let found = 1;
      const progress = progressOf(jobId, () => found);
      const onProgress = (done: number, known: number): void => {
        found = known;
        progress.update(done);
      };
      const walk = await walkSubtree(connection, path, limit, signal, onProgress).finally(progress.end);
      const token = walk.truncated ? '' : newId(random);
      const expiresMs = clock.monotonicMs() + PREVIEW_LIFE_MS;
      if (!walk.truncated) previews = [...previews, { token, connectionId, path, walk, expiresMs }].slice(-PREVIEWS_MAX);
      return shown(path, walk, token);
    },
    async run(params, signal) {
      const connection = connections.get(params.connectionId);
      const { walk, path } = take(params);
      const total = walk.planned.length;
      const progress = progressOf(params.jobId, () => total);
      const planned = new Set(walk.planned.map((node) => node.path));
      const unplanned = walk.unreadable.filter((entry) => !planned.has(entry));
      const { profile } = connection;
      const operation = await journal.begin({ ensemble: profile.name, profileId: profile.id, kind: 'delete', path });
      const outcome = await deletePlanned(connection, clock, walk.planned, unplanned, signal, progress.update, operation).finally(progress.end);
      await operation.end();
      const { deleted, leftCount = 0 } = outcome;
      const detail = deleted === 1 && leftCount === 0 ? null : `${deleted} nodes deleted, ${leftCount} left alone`;
      if (deleted > 0) connection.feed.addWrite('delete', path, null, detail);
      return outcome;
    },
  };
}

function shown(path: string, walk: Walk, token: string): Result<'node.deletePreview'> {
  const { planned, found, unreadable, truncated } = walk;
  const sum = (of: (node: PlannedNode) => number): number => planned.reduce((total, node) => total + of(node), 0);
  return {
    path,
    nodes: found,
    bytes: sum((node) => node.dataLength),
    ephemerals: sum((node) => (node.ephemeral ? 1 : 0)),
    unreadable: unreadable.slice(0, UNREADABLE_SHOWN_MAX),
    truncated,
    sample: planned
      .slice(0, SAMPLE_MAX)
      .map(({ path: at, ephemeral, dataLength, version }) => ({ path: at, ephemeral, dataLength, version })),
    token,
  };
}
