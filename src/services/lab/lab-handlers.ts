/** The handlers of `lab.*`. */

import type { CommandName } from '../../contract/contract.ts';
import type { HandlersOf } from '../context.ts';
import type { LabService, ServerAction } from './lab-service.ts';

type LabCommand = Extract<CommandName, `lab.${string}`>;
type ServerRef = { readonly labId: string; readonly serverId: number };

/** They answer with the state afterwards. */
export function labHandlers(lab: LabService): HandlersOf<LabCommand> {
  const server = (action: ServerAction) => ({ labId, serverId }: ServerRef) => lab.serverDo(action, labId, serverId);
  return {
    'lab.list': () => lab.list(),
    'lab.create': (options) => lab.create(options),
    'lab.findApache': ({ zookeeper }) => lab.findApache(zookeeper),
    'lab.setStays': ({ labId, stays }) => lab.setStays(labId, stays),
    'lab.setEngine': ({ labId, engine, zookeeper }) => lab.setEngine(labId, engine, zookeeper),
    'lab.start': ({ labId }) => lab.start(labId),
    'lab.stop': ({ labId }) => lab.stop(labId),
    'lab.startServer': server('startServer'),
    'lab.stopServer': server('stopServer'),
    'lab.killServer': server('killServer'),
    'lab.restartServer': server('restartServer'),
    'lab.pauseServer': server('pauseServer'),
    'lab.resumeServer': server('resumeServer'),
    'lab.files': ({ labId, serverId }) => lab.files(labId, serverId),
    'lab.remove': async ({ labId, typedName }) => {
      await lab.remove(labId, typedName);
      return null;
    },
    'lab.watch': ({ on }, { caller }) => {
      lab.watch(on, caller);
      return null;
    },
  };
}
