/** The journal of a move: what it removes at its source and what it overwrites at its target are two operations. */

import type { OpenOperation } from '../../history/journal.ts';

/** Both as one. It goes by the name of the source's, where that kept anything. */
export function splitOperation(source: OpenOperation, target: OpenOperation): OpenOperation {
  return {
    get operationId() {
      return source.nodes > 0 ? source.operationId : target.operationId;
    },
    get nodes() {
      return source.nodes + target.nodes;
    },
    async keep(images) {
      await source.keep(images.filter(({ action }) => action === 'delete'));
      await target.keep(images.filter(({ action }) => action !== 'delete'));
    },
    async end() {
      await source.end();
      await target.end();
    },
  };
}
