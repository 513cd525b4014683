/** What members of an ensemble tell of themselves, on each role, beside Apache's: the AdminServer's commands and the four-letter words. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { apacheLauncher } from '../support/apache.ts';
import { embeddedLauncher } from '../support/embedded.ts';
import { startKazoo, type KazooClient } from '../support/kazoo.ts';
import { freePorts } from '../support/ports.ts';
import { describeWith } from '../support/requirements.ts';
import { startServers, type ServersHandle } from '../support/server-group.ts';
import type { ServerHandle } from '../support/server-process.ts';
import { letLead, Places, type Role } from './ensemble-places.ts';

const ROLES: readonly Role[] = ['leader', 'first', 'second', 'observer'];
const SERVERS = 4;

const COMMANDS = [
  'configuration', 'connections', 'dump', 'observer_connection_stat_reset', 'get_trace_mask', 'hash', 'is_read_only', 'last_snapshot', 'leader', 'observers', 'ruok', 'server_stats', 'stats',
  'voting_view', 'watches', 'watches_by_path', 'watch_summary', 'zabstate',
];
const WORDS = ['conf', 'cons', 'dump', 'gtmk', 'hash', 'isro', 'ruok', 'srvr', 'stat', 'wchc', 'wchp', 'wchs'];

/** Figures that 3.8.0 does not have yet, or has only once there is something to count. */
const NEWER: ReadonlySet<string> = new Set([
  'zk_auth_failed_count', 'zk_ttl_node_deleted_count', 'zk_snapshot_error_count', 'zk_fsync_threshold_exceed_count', 'zk_snapshot_rate_limited_count',
  'zk_restore_rate_limited_count', 'zk_restore_error_count', ...['avg', 'min', 'max', 'cnt', 'sum'].map((what) => `zk_${what}_restore_time`),
]);
/** Figures that only some roles have. */
const OF_ROLES = /^zk_(server_state|peer_state|quorum_size|learners|leader_uptime|pending_syncs|(global|local)_sessions|observer_master_id|synced_.*|.*_proposal_size)$/;

class Side {
  readonly name: string;
  readonly group: ServersHandle;
  readonly adminPorts: readonly number[];
  readonly clients: KazooClient[] = [];
  places: Places | null = null;
  /** What stands for each port and session of this side. */
  readonly #names = new Map<string, string>();

  constructor(name: string, group: ServersHandle, adminPorts: readonly number[]) {
    this.name = name;
    this.group = group;
    this.adminPorts = adminPorts;
  }

  static async start(kind: 'apache' | 'embedded'): Promise<Side> {
    const adminPorts = await freePorts(SERVERS);
    const launcher = kind === 'apache' ? apacheLauncher : embeddedLauncher;
    const group = await startServers({
      name: kind, quorum: true,
      config: { 'admin.enableServer': 'true', 'admin.serverAddress': '127.0.0.1', tickTime: '2000', maxClientCnxns: '60' },
      members: adminPorts.map((port, at) => ({ kind, launcher, observer: at === SERVERS - 1, config: { 'admin.serverPort': String(port) } })),
    });
    const side = new Side(kind, group, adminPorts);
    await side.#prepare();
    return side;
  }

  /** Each server has a client with an ephemeral node and a watch. */
  async #prepare(): Promise<void> {
    await letLead(this.group, 3);
    this.places = await Places.of(this.group);
    const [any] = this.group.servers;
    for (const [, sid = '', quorum = '', election = ''] of readFileSync(any?.configFile ?? '', 'utf8').matchAll(/^server\.(\d)=.*?:(\d+):(\d+)/gm)) {
      this.#names.set(quorum, `QUORUM-${sid}`).set(election, `ELECTION-${sid}`);
    }
    for (const { id, clientPort } of this.group.servers) this.#names.set(String(clientPort), `CLIENT-${id}`);
    for (const role of ROLES) {
      const client = await startKazoo(this.at(role).connectString);
      this.clients.push(client);
      await client.create(`/of-${role}`, 'x', { ephemeral: true });
      await client.watch(`/of-${role}`, 'data');
      const { sessionId } = client;
      this.#names.set(BigInt(sessionId).toString(), `SESSION-${role}`).set(BigInt.asUintN(64, BigInt(sessionId)).toString(16), `SESSION-${role}`);
    }
    await this.places.settle();
  }

  at(role: Role): ServerHandle {
    return (this.places as Places).at(role);
  }

  async command(role: Role, command: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.adminPorts[this.at(role).id - 1]}/commands/${command}`);
    return this.#named(await response.text());
  }

  async word(role: Role, word: string): Promise<string> {
    return this.#named(await this.at(role).fourLetterWord(word));
  }

  #named(text: string): string {
    return text.replace(/[0-9a-f]{4,}/g, (word) => this.#names.get(word) ?? word);
  }

  async stop(): Promise<void> {
    for (const client of this.clients) await client.close();
    await this.group.stopAll();
  }
}

/** Places, times, sizes, versions: what must differ. Zxids are those of equal histories, but for their epochs. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/("(?:data_dir|data_log_dir|remote_socket_address|established|last_response_time|last_latency|min_latency|avg_latency|max_latency|timestamp|data_dir_size|log_dir_size|uptime|last_buffer_size|min_buffer_size|max_buffer_size|packets_sent|packets_received|last_cxid|last_operation|queued_packets_size|requests|num_alive_client_connections|fsync_threshold_exceed_count|max_file_descriptor_count)" : )[^,\n]*/g, '$1#'],
  [/"(last_zxid|last_processed_zxid|zab_epoch|zab_counter|zxid)" : [^,\n]*/g, '"$1" : #'],
  // Moments at which nothing expires are left out: Apache's server keeps those that have passed.
  [/^ *"\d{5,}" : \[ \],?\n/gm, ''],
  [/("version" : ").*/g, '$1#'],
  [/^(dataDir|dataLogDir|dataDirSize|dataLogSize)=.*$/gm, '$1=#'],
  [/(Latency min\/avg\/max: ).*/g, '$1#'],
  [/((?:Received|Sent|Zxid|Connections): ).*/g, '$1#'],
  [/(Proposal sizes last\/min\/max: ).*/g, '$1#'],
  [/(Zookeeper version: ).*/g, '$1#'],
  [/ \/127\.0\.0\.1:\d+\[\d\]\(.*?(,sid=[^,]*)?(,lop=[^,]*)?(,to=\d+)?\)/g, ' client'],
  [/^0 expire at .*\n/gm, ''],
  [/^\d+ expire at .*\n/gm, 'expire\n'],
  [/Sets \(\d+\)/g, 'Sets (#)'],
  [/ip: \/127\.0\.0\.1:\d+ sessionId: /g, 'ip: # sessionId: '],
];

/** Sessions that expire together do so by chance of when they began. */
const EXPIRY_FIELD = /"expiry_time_to_session_ids" : \{[^}]*\}/;

function masked(text: string): string {
  const sessions = (EXPIRY_FIELD.exec(text)?.[0] ?? '').match(/SESSION-\w+/g)?.sort() ?? [];
  return MASKS.reduce((so, [pattern, by]) => so.replace(pattern, by), text.replace(EXPIRY_FIELD, `"expiry_time_to_session_ids" : ${sessions.join(' ')}`)).replace(/^expire\n/gm, '');
}
const inOrder = (text: string): string => masked(text).split('\n').map((line) => line.replace(/,$/, '')).sort().join('\n');

/**
 * What is told is of one moment: a ping on its way, a connection that is not read just then. So it is asked until both
 * are at rest.
 */
const eventually = (both: () => Promise<void>): Promise<void> => vi.waitFor(both, { timeout: 15_000, interval: 200 });

describeWith(['java', 'zookeeper', 'kazoo'], 'what members tell of themselves, beside Apache’s', () => {
  let apache: Side;
  let ours: Side;

  beforeAll(async () => {
    [apache, ours] = [await Side.start('apache'), await Side.start('embedded')];
  }, 120_000);
  afterAll(async () => {
    await apache?.stop();
    await ours?.stop();
  });

  for (const role of ROLES) {
    test.each(COMMANDS)(`${role}: the command %s`, async (command) => {
      await eventually(async () => expect(inOrder(await ours.command(role, command))).toBe(inOrder(await apache.command(role, command))));
    });

    test.each(WORDS)(`${role}: the word %s`, async (word) => {
      await eventually(async () => expect(inOrder(await ours.word(role, word))).toBe(inOrder(await apache.word(role, word))));
    });

    test(`${role}: the word mntr`, async () => {
      const keys = (text: string): Set<string> => new Set(text.split('\n').map((line) => line.split('\t')[0] as string));
      const theirs = keys(await apache.word(role, 'mntr'));
      const own = keys(await ours.word(role, 'mntr'));
      expect([...own].filter((key) => !theirs.has(key) && !NEWER.has(key))).toEqual([]);
      expect([...theirs].filter((key) => !own.has(key) && OF_ROLES.test(key))).toEqual([]);
    });
  }
});
