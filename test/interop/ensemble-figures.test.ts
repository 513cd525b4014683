/**
 * The figures of `mntr` beside Apache's, of a server alone and of each role: which there are, and what they count when
 * the same things happen in an ensemble of each kind.
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apacheLauncher, startApacheStandalone } from '../support/apache.ts';
import { embeddedLauncher, startEmbeddedStandalone } from '../support/embedded.ts';
import { describeWith } from '../support/requirements.ts';
import { startServers, type ServersHandle } from '../support/server-group.ts';
import type { ServerHandle } from '../support/server-process.ts';
import { letLead, Places, type Role } from './ensemble-places.ts';
import { figure, until } from './ensemble-support.ts';
import { ask } from './server-conversation.ts';

const ROLES: readonly Role[] = ['leader', 'first', 'second', 'observer'];
const SERVERS = 4;
const [CREATE, DELETE, GET, SET, CHILDREN] = [1, 2, 4, 5, 8];

/** Figures that 3.8.0 does not have yet, or has only once there is something to count. */
const NEWER: ReadonlySet<string> = new Set([
  'auth_failed_count', 'ttl_node_deleted_count', 'snapshot_error_count', 'fsync_threshold_exceed_count', 'snapshot_rate_limited_count',
  'restore_rate_limited_count', 'restore_error_count', 'restore_time',
]);

/** What docs/server-configuration.md says is not there, by group. */
const ABSENT: readonly RegExp[] = [
  // Netty and the JVM
  /^(netty_queued_buffer_capacity|jvm_pause_time_ms|non_mtls_(local|remote)_conn_count|cnxn_closed_without_zk_server_running|insecure_admin_count|socket_closing_time)$/,
  // threads and the queues between them
  /^(prep_process.*|proposal_process_time|close_session_prep_time|sync_process.*|.*commit_?proc.*|commit_process_time|.*session_queue.*|session_queues_drained|request_commit_queued|unrecoverable_error_count)$/,
  /^((local|server)_write_committed_time_ms|(read|write)_final_proc_time_ms|write_batch_time_in_commit_processor|request_throttle_queue_time_ms|learner_request_processor_queue_size|skip_learner_request_to_next_processor_count)$/,
  /^(om_(proposal|commit)_process_time_ms|learner_handler_qp_(size|time_ms)|outstanding_changes_(queued|removed)|stale_replies)$/,
  // caches of replies, the cleaner of dead watchers, the ensemble authentication of clients
  /^(response_packet_.*cache_.*|.*dead_watcher.*|ensemble_auth_(success|fail|skip))$/,
  // what is not counted here
  /^(.*(read|write)_per_namespace|connection_token_deficit|proposal_ack_creation_latency|commit_propagation_latency)$/,
];

/** The figures of each distribution count as one, and so do those that are kept for each server. */
function groups(mntr: string): Set<string> {
  const keys = mntr.split('\n').map((line) => line.split('\t')[0] ?? '').filter((key) => key !== '');
  return new Set(keys.map((key) => key.replace(/^zk_/, '').replace(/^(avg|min|max|cnt|sum|p50|p95|p99|p999)_(?!(latency|client_response_size|proposal_size)$)/, '').replace(/^\d+_/, '')));
}

function expectSameFigures(ours: string, apache: string): void {
  const [own, theirs] = [groups(ours), groups(apache)];
  expect([...own].filter((key) => !theirs.has(key) && !NEWER.has(key))).toEqual([]);
  expect([...theirs].filter((key) => !own.has(key) && !ABSENT.some((pattern) => pattern.test(key)))).toEqual([]);
  expect([...own].filter((key) => ABSENT.some((pattern) => pattern.test(key)))).toEqual([]);
}

/** What must be the same number in the same role when the same things happen. */
const COUNTED = [
  'looking_count', 'diff_count', 'snap_count', 'revalidate_count', 'proposal_count', 'commit_count', 'learner_proposal_received_count',
  'learner_commit_received_count', 'quit_leading_due_to_disloyal_voter', 'connection_request_count', 'connection_revalidate_count',
  ...['election_time', 'unavailable_time', 'leader_unavailable_time', 'follower_sync_time', 'observer_sync_time', 'dbinittime', 'startup_snap_load_time',
    'proposal_latency', 'quorum_ack_latency', 'propagation_latency'].map((name) => `cnt_${name}`),
  ...['inflight_snap_count', 'inflight_diff_count', 'startup_txns_loaded', 'node_created_watch_count', 'node_deleted_watch_count', 'node_changed_watch_count',
    'node_children_watch_count'].flatMap((name) => [`cnt_${name}`, `sum_${name}`]),
];

/** A server that comes back may have to look a second time, of either kind: these are only told as 0 or more. */
const ROUNDS: ReadonlySet<string> = new Set(['looking_count', 'cnt_election_time']);

type Figures = Readonly<Record<string, number>>;

async function counted(server: ServerHandle): Promise<Figures> {
  const found = new Map((await server.fourLetterWord('mntr')).split('\n').map((line) => line.split('\t') as [string, string]));
  return Object.fromEntries(COUNTED.map((name) => [name, Number(found.get(`zk_${name}`))]));
}

/** What has become more, by role; nothing else. A server that was started again has counted from 0. */
type Growth = Readonly<Partial<Record<Role, Figures>>>;

class Side {
  readonly group: ServersHandle;
  readonly places: Places;
  #before = new Map<Role, Figures>();

  private constructor(group: ServersHandle, places: Places) {
    this.group = group;
    this.places = places;
  }

  /** Only what is in memory is sent by DIFF: how much of the log is worth it is for each kind to say. */
  static async start(kind: 'apache' | 'embedded'): Promise<Side> {
    const launcher = kind === 'apache' ? apacheLauncher : embeddedLauncher;
    const group = await startServers({
      name: kind, quorum: true,
      jvm: ['-Dzookeeper.snapshotSizeFactor=-1'],
      members: Array.from({ length: SERVERS }, (_, at) => ({ kind, launcher, observer: at === SERVERS - 1 })),
    });
    await letLead(group, 3);
    return new Side(group, await Places.of(group));
  }

  async begin(): Promise<void> {
    await this.places.settle();
    for (const role of ROLES) this.#before.set(role, await counted(this.places.at(role)));
  }

  /** Stops a server, does something to it, and starts it again. */
  async again(role: Role, meanwhile: (server: ServerHandle) => void = () => undefined): Promise<void> {
    const server = this.places.at(role);
    await server.stop();
    meanwhile(server);
    await server.start();
    this.#before.set(role, {});
  }

  async growth(): Promise<Growth> {
    await this.places.settle();
    const out: Partial<Record<Role, Figures>> = {};
    for (const role of ROLES) {
      const before = this.#before.get(role) ?? {};
      const now = await counted(this.places.at(role));
      const more = COUNTED.map((name) => [name, (now[name] ?? NaN) - (before[name] ?? 0)] as const).filter(([, by]) => by !== 0);
      out[role] = Object.fromEntries(more.map(([name, by]) => [name, ROUNDS.has(name) ? Math.min(by, 1) : by]));
    }
    return out;
  }
}

type Happening = (side: Side) => Promise<void>;

/** The same on both sides, and what is certain of it. */
const HAPPENINGS: readonly (readonly [string, Happening, Growth])[] = [
  ['writes at every server', async ({ places }) => {
    for (const role of ROLES) {
      const talker = await places.join(role, role);
      await talker.do(CREATE, ask.create(`/of-${role}`, 'x'));
      await talker.do(SET, ask.setData('/nobody', 'x'));
    }
  }, { leader: { proposal_count: 16, commit_count: 16 }, first: { learner_proposal_received_count: 16, learner_commit_received_count: 16 }, observer: { learner_commit_received_count: 16 } }],
  ['watches that fire', async ({ places }) => {
    const [writer, one, other] = [await places.join('w', 'leader'), await places.join('a', 'first'), await places.join('b', 'first')];
    await writer.do(CREATE, ask.create('/watched', 'x'));
    await places.settle();
    for (const watcher of [one, other]) {
      await watcher.do(GET, ask.read('/watched', true));
      await watcher.do(CHILDREN, ask.read('/watched', true));
    }
    await writer.do(SET, ask.setData('/watched', 'y'));
    await writer.do(CREATE, ask.create('/watched/below', 'x'));
    await places.settle();
    await one.do(GET, ask.read('/watched/below', true));
    await writer.do(DELETE, ask.delete('/watched/below'));
  }, { first: { cnt_node_changed_watch_count: 1, sum_node_changed_watch_count: 2, cnt_node_children_watch_count: 1, sum_node_children_watch_count: 2, cnt_node_deleted_watch_count: 1, sum_node_deleted_watch_count: 1 } }],
  ['a session that moves to another follower', async ({ places }) => {
    const talker = await places.join('a', 'first');
    await places.settle();
    talker.raw.destroy();
    await places.rejoin(talker, 'second');
  }, { leader: { revalidate_count: 1 }, second: { connection_revalidate_count: 1 } }],
  ['a session that moves to the leader, which need not ask', async ({ places }) => {
    const talker = await places.join('a', 'first');
    await places.settle();
    talker.raw.destroy();
    await places.rejoin(talker, 'leader');
  }, { leader: { connection_revalidate_count: 1 } }],
  ['a follower that is started again', (side) => side.again('first'), { leader: { diff_count: 1, cnt_inflight_diff_count: 2, sum_inflight_diff_count: 1 }, first: { looking_count: 1, cnt_follower_sync_time: 1 } }],
  ['an observer that is started again', (side) => side.again('observer'), { leader: { diff_count: 1 }, observer: { looking_count: 1, cnt_observer_sync_time: 1 } }],
  ['a follower that has lost everything', (side) => side.again('second', ({ dataDir }) => rmSync(join(dataDir, 'version-2'), { recursive: true })), {
    leader: { snap_count: 1, cnt_inflight_snap_count: 2, sum_inflight_snap_count: 1 }, second: { looking_count: 1, cnt_follower_sync_time: 1 },
  }],
];

describeWith(['java', 'zookeeper'], 'the figures of members, beside Apache’s', () => {
  let apache: Side;
  let ours: Side;
  beforeAll(async () => {
    [apache, ours] = [await Side.start('apache'), await Side.start('embedded')];
  }, 120_000);
  afterAll(async () => {
    await apache?.group.stopAll();
    await ours?.group.stopAll();
  });

  test.each(HAPPENINGS)('%s', async (_, happen, certain) => {
    for (const side of [apache, ours]) {
      await side.begin();
      await happen(side);
      await side.places.leave();
    }
    await until('Apache’s have counted it', () => apache.growth().then((growth) => contains(growth, certain)));
    const theirs = await apache.growth();
    expect(theirs).toMatchObject(certain);
    await expect.poll(() => ours.growth(), { timeout: 10_000 }).toEqual(theirs);
  }, 60_000);

  test.each(ROLES)('%s: the same figures are there', async (role) => {
    expectSameFigures(await ours.places.at(role).fourLetterWord('mntr'), await apache.places.at(role).fourLetterWord('mntr'));
  });

  test('srst begins them anew, and the sizes of proposals too', async () => {
    for (const side of [apache, ours]) {
      const leader = side.places.at('leader');
      expect(await figure(leader, 'zk_max_proposal_size')).toBeGreaterThan(0);
      expect(await leader.fourLetterWord('srst')).toContain('Server stats reset.');
      expect(Object.values(await counted(leader)).filter((value) => value !== 0), leader.kind).toEqual([]);
      expect(await figure(leader, 'zk_max_proposal_size'), leader.kind).toBe(-1);
      expect(await figure(leader, 'zk_cnt_fsynctime'), leader.kind).toBe(0);
      expect(await figure(leader, 'zk_cnt_updatelatency'), leader.kind).toBe(0);
    }
  });

  test('a new leader: each was without one once', async () => {
    for (const side of [apache, ours]) {
      await side.begin();
      await side.places.at('leader').kill();
      const leader = await side.group.leader();
      const left = ROLES.map((role) => side.places.at(role)).filter(({ running }) => running);
      for (const server of left) await server.waitServing();
      expect(leader.id).toBe(2);
      // Those that stayed since they were started again have one more than then.
      for (const server of left) {
        expect(await figure(server, 'zk_cnt_unavailable_time'), `${server.kind} ${server.id}`).toBe(2);
        expect(await figure(server, 'zk_looking_count')).toBeGreaterThanOrEqual(2);
        expect(await figure(server, 'zk_cnt_leader_unavailable_time')).toBe(server.id === 2 ? 1 : 0);
        const elections = await figure(server, 'zk_cnt_election_time');
        if (server.id === SERVERS) expect(elections).toBe(0);
        else expect(elections).toBeGreaterThanOrEqual(2);
      }
    }
  }, 60_000);
});

/** Whether at least so much has been counted. */
function contains(growth: Growth, certain: Growth): boolean {
  return ROLES.every((role) => Object.entries(certain[role] ?? {}).every(([name, more]) => (growth[role]?.[name] ?? 0) >= more));
}

describeWith(['java', 'zookeeper'], 'the figures of a server alone, beside Apache’s', () => {
  describe('when it is started again', () => {
    test('the same are there, and what it read from its disk is counted', async () => {
      const seen: Figures[] = [];
      const texts: string[] = [];
      for (const servers of [await startApacheStandalone(), await startEmbeddedStandalone()]) {
        try {
          const server = servers.server(1);
          const places = new Places(new Map<Role, ServerHandle>([['leader', server]]));
          const talker = await places.join('a', 'leader');
          for (const name of ['a', 'b', 'c']) await talker.do(CREATE, ask.create(`/${name}`, 'x'));
          await places.leave();
          await server.restart();
          texts.push(await server.fourLetterWord('mntr'));
          seen.push(await counted(server));
        } finally {
          await servers.stopAll();
        }
      }
      const [theirs = {}, own = {}] = seen;
      expect(theirs).toMatchObject({ cnt_dbinittime: 1, cnt_startup_snap_load_time: 1, cnt_startup_txns_loaded: 1, sum_startup_txns_loaded: 5 });
      expect(own).toEqual(theirs);
      expectSameFigures(texts[1] ?? '', texts[0] ?? '');
    }, 60_000);
  });
});
