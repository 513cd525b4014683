/** The made-up local servers of the fake backend: they change their state at once, and the lowest that runs leads. */

import type { Profile } from '../../src/contract/connections.ts';
import type { CommandName, EventName, EventPayload } from '../../src/contract/contract.ts';
import type { Lab, LabOptions, LabServer } from '../../src/contract/lab.ts';
import type { Handlers } from './fake-backend.ts';
import { sampleProfiles } from './fake-profiles.ts';

/** What of the backend they change. */
interface LabHome {
  labs: Lab[];
  profiles: Profile[];
  tell<N extends EventName>(name: N, payload: EventPayload<N>): void;
}

type LabHandlers = Pick<Handlers, Extract<CommandName, `lab.${string}`>>;

const MAKING_MS = 600;

export function fakeLabHandlers(home: LabHome): LabHandlers {
  const find = (labId: string): Lab => home.labs.find((lab) => lab.labId === labId) as Lab;
  const put = (lab: Lab): Lab => {
    const next = withRoles(lab);
    home.labs = home.labs.map((each) => (each.labId === lab.labId ? next : each));
    home.tell('lab.changed', next);
    return next;
  };
  const setAll = (labId: string, state: LabServer['state']): Lab => put({ ...find(labId), servers: find(labId).servers.map((server) => ({ ...server, state })) });
  const setOne = (labId: string, id: number, state: LabServer['state']): Lab =>
    put({ ...find(labId), servers: find(labId).servers.map((server) => (server.id === id ? { ...server, state } : server)) });
  return {
    'lab.list': () => home.labs,
    'lab.create': async (options) => {
      await new Promise((resolve) => setTimeout(resolve, MAKING_MS));
      const { lab, profile } = made(home.labs.length + 1, options);
      home.profiles = [...home.profiles, profile];
      home.labs = [...home.labs, lab];
      home.tell('profiles.changed', home.profiles);
      return lab;
    },
    'lab.start': ({ labId }) => setAll(labId, 'running'),
    'lab.stop': ({ labId }) => setAll(labId, 'stopped'),
    'lab.startServer': ({ labId, serverId }) => setOne(labId, serverId, 'running'),
    'lab.stopServer': ({ labId, serverId }) => setOne(labId, serverId, 'stopped'),
    'lab.killServer': ({ labId, serverId }) => setOne(labId, serverId, 'killed'),
    'lab.restartServer': ({ labId, serverId }) => setOne(labId, serverId, 'running'),
    'lab.pauseServer': ({ labId, serverId }) => setOne(labId, serverId, 'paused'),
    'lab.resumeServer': ({ labId, serverId }) => setOne(labId, serverId, 'running'),
    'lab.setStays': ({ labId, stays }) => put({ ...find(labId), stays }),
    'lab.setEngine': ({ labId, engine, zookeeper }) => put({ ...find(labId), engine, zookeeper }),
    'lab.findApache': () => ({ java: null, zookeeper: null, javaLooked: ['JAVA_HOME is not set'], zookeeperLooked: ['ZOOKEEPER_HOME is not set'] }),
    'lab.files': ({ serverId }) => ({
      configFile: `/data/server-${serverId}/zoo.cfg`, config: 'tickTime=2000\n', logFile: `/data/server-${serverId}/server.log`, log: 'serving', cut: false,
    }),
    'lab.remove': ({ labId }) => {
      home.labs = home.labs.filter((lab) => lab.labId !== labId);
      home.tell('lab.removed', { labId });
      return null;
    },
    'lab.watch': () => null,
  };
}

function made(number: number, { name: asked, servers: voters, observers, engine, zookeeper, stays }: LabOptions): { lab: Lab; profile: Profile } {
  const labId = `lab${number}`;
  const servers = Array.from({ length: voters + observers }, (_, index): LabServer => ({
    id: index + 1, observer: index >= voters, state: 'running', pid: 4_711 + index, clientPort: 21_800 + 10 * number + index, role: null, zxid: 0x1_0000_00f3n, failure: null,
  }));
  const connectString = servers.map(({ clientPort }) => `127.0.0.1:${clientPort}`).join(',');
  const name = asked ?? `${voters === 1 ? 'Local server' : 'Local ensemble'}${number === 1 ? '' : ` ${number}`}`;
  const profile: Profile = {
    ...(sampleProfiles()[0] as Profile), id: `lab-profile-${number}`, name, group: null, colour: 'green',
    environment: 'local', readOnly: false, connectString, labId, auth: [],
  };
  const lab: Lab = {
    labId, name, engine, zookeeper, stays, state: 'running', phase: null, connectString, servers, dataDir: `/data/servers/${labId}`, profileId: profile.id, failure: null,
  };
  return { lab: withRoles(lab), profile };
}

function withRoles(lab: Lab): Lab {
  const running = lab.servers.filter(({ state }) => state === 'running');
  const quorum = running.length > lab.servers.length / 2;
  const leads = running[0]?.id;
  const servers = lab.servers.map((server): LabServer => {
    if (server.state !== 'running' || !quorum) return { ...server, role: null };
    return { ...server, role: lab.servers.length === 1 ? 'standalone' : server.id === leads ? 'leader' : 'follower' };
  });
  return { ...lab, servers, state: quorum ? 'running' : running.length > 0 ? 'noQuorum' : 'stopped' };
}
