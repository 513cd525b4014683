/**
 * The services of the app, put together: what the world gives goes in, handlers for every command and one stream of
 * events come out. Nothing here knows which host runs it.
 */

import { Emitter, type Event } from '../base/emitter.ts';
import type { Logger } from '../base/logger.ts';
import { PROFILE_DEFAULTS, type Profile } from '../contract/connections.ts';
import type { LabOptions } from '../contract/lab.ts';
import { connectZooKeeper } from '../client/client.ts';
import { fourLetterWord } from '../client/four-letter.ts';
import type { IdentityParts } from './acl/identities.ts';
import { aclHandlers } from './acl/acl-service.ts';
import { appHandlers, createSettings } from './app/app-service.ts';
import { createNotices } from './app/notices.ts';
import { clusterHandlers, createCluster } from './cluster/cluster-service.ts';
import { connectionHandlers, createConnections, type ConnectionsService } from './connections/connections-service.ts';
import type { Handlers, ServiceEvent, Tell } from './context.ts';
import { historyHandlers } from './history/history-handlers.ts';
import { Journal } from './history/journal.ts';
import { createKept } from './history/keep.ts';
import { labHandlers } from './lab/lab-handlers.ts';
import { createLab, type LabService } from './lab/lab-service.ts';
import { createDeletions } from './nodes/deletions.ts';
import { nodeHandlers } from './nodes/nodes-service.ts';
import type { AskServer, Ports } from './ports.ts';
import { connectionTestHandlers } from './probe/connection-test.ts';
import { createProfiles, profileHandlers, type ProfilesService } from './profiles/profiles-service.ts';
import { transferHandlers } from './transfer/app/handlers.ts';
import { TransferService } from './transfer/app/transfer-service.ts';
import { createJob } from './transfer/job.ts';
import { treeHandlers } from './tree/tree-service.ts';
import { watchHandlers } from './watches/watches-service.ts';

/** What the dispatcher has to know of a connection before it lets a call through. */
export interface ConnectionGuard {
  readonly readOnly: boolean;
}

export interface Services {
  readonly handlers: Handlers;
  readonly events: Event<ServiceEvent>;
  /** For the dispatcher's reports of bugs. */
  readonly logger: Logger;
  /** Null for a connection that is not open. */
  guard(connectionId: string): ConnectionGuard | null;
  /**
   * With no connection saved yet: makes and starts a local ensemble with the sample tree.
   *
   * @returns the profile to open, or null when there are saved connections
   * @throws UsageError LocalServerFailed, ...
   */
  firstRun(): Promise<string | null>;
  /** Saves a connection for the command line's `--connect`, or finds the one that is saved. @returns its profile's id */
  profileFor(connectString: string): Promise<string>;
  /** The connection that views open at their start (`app.info`). */
  setStartProfile(profileId: string | null): void;
  /** Closes every session and stops every local server. Safe to call twice. */
  close(): Promise<void>;
}

/** Three servers with the sample tree, which end with the app. */
const FIRST_RUN: LabOptions = {
  name: null, servers: 3, observers: 0, clientPort: null, engine: 'embedded', zookeeper: null, stays: false, sampleTree: true,
};

/** Puts the services together. */
export function createServices(ports: Ports): Services {
  const { clock, random, logger, secrets } = ports;
  const events = new Emitter<ServiceEvent>();
  const tell: Tell = (name, payload) => events.emit({ name, payload } as ServiceEvent);
  const openClient = ports.openClient ?? connectZooKeeper;
  const askServer = ports.askServer ?? askerOf(ports);
  let startProfileId: string | null = null;

  const notices = createNotices(clock, random, logger, tell);
  const settings = createSettings(ports.openStore('settings'), notices, tell);
  const profiles = createProfiles(ports.openStore('profiles'), secrets, random, notices, tell);
  const closeConnections = (profileId: string): Promise<void> => connections.closeOf(profileId);
  const lab = createLab({ ports, openClient, askServer, profiles, notices, tell, closeConnections });
  const connections: ConnectionsService = createConnections({ ports, openClient, profiles, tell, beforeOpen: labStarter(lab, profiles) });
  const journal = new Journal({
    clock, random, logger,
    folder: ports.transfer.history,
    base64: ports.transfer.tools.base64,
    onChanged: (operation) => tell('history.operation', operation),
    onForgotten: (operationIds) => tell('history.forgotten', { operationIds: operationIds === null ? null : [...operationIds] }),
  });
  const kept = createKept(journal, ports.transfer.tools);
  const deletions = createDeletions(ports, connections, journal, tell);
  const sources = { ports, openClient, askServer, connections, journal };
  const transfers = new TransferService({ ...sources, notices, tell, createJob });
  const cluster = createCluster({ ports, askServer, connections, settings, tell });
  // Somebody looks at the cluster panel while a server of theirs is killed: no need to wait for the next round.
  lab.moved.on((profileId) => cluster.hurry(profileId));
  const identityParts: IdentityParts = { hash: ports.hash, askServer, logger };

  const handlers: Handlers = {
    ...appHandlers(ports.app, secrets.kind, () => startProfileId, settings, notices),
    ...profileHandlers(profiles),
    ...connectionTestHandlers({ ports, openClient }, tell),
    ...connectionHandlers(connections),
    ...treeHandlers(connections, ports, identityParts),
    ...nodeHandlers(connections, deletions, kept),
    ...aclHandlers(connections, identityParts, kept),
    ...watchHandlers(connections, ports, askServer),
    ...clusterHandlers(cluster),
    ...labHandlers(lab),
    ...transferHandlers(transfers, connections, ports),
    ...historyHandlers({ ...sources, transfers }),
  };
  return {
    handlers,
    events,
    logger,
    guard: (connectionId) => connections.find(connectionId) ?? null,
    async firstRun() {
      if ((await profiles.list()).length > 0) return null;
      return (await lab.create(FIRST_RUN)).profileId;
    },
    profileFor: (connectString) => profileFor(profiles, connectString),
    setStartProfile(profileId) {
      startProfileId = profileId;
    },
    async close() {
      cluster.stop();
      await transfers.close();
      await connections.closeAll();
      await lab.stopAll();
    },
  };
}

function askerOf({ transport, clock }: Ports): AskServer {
  return (server, word, options) => fourLetterWord(transport, clock, server, word, options);
}

/** A connection to local servers starts them first, unless some run: those that do not may be ended on purpose. */
function labStarter(lab: LabService, profiles: ProfilesService) {
  return async (profile: Profile): Promise<Profile> => {
    const { labId, id } = profile;
    const state = labId === null ? undefined : (await lab.list()).find((each) => each.labId === labId)?.state;
    if (labId === null || state === undefined) return profile;
    if (state !== 'running' && state !== 'noQuorum') await lab.start(labId);
    return profiles.get(id);
  };
}

async function profileFor(profiles: ProfilesService, connectString: string): Promise<string> {
  const wanted = connectString.trim();
  const present = (await profiles.list()).find((profile) => profile.connectString === wanted);
  if (present !== undefined) return present.id;
  const saved = await profiles.save({ ...PROFILE_DEFAULTS, auth: [], id: null, name: wanted.slice(0, 200), connectString: wanted });
  return saved.id;
}
