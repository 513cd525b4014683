/** The AdminServer's commands beside Apache's: the same fields in the same order, and the same values where they can be. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApacheStandalone } from '../support/apache.ts';
import { startEmbeddedStandalone } from '../support/embedded.ts';
import { startKazoo, type KazooClient } from '../support/kazoo.ts';
import { freePort } from '../support/ports.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';

interface Side {
  readonly name: 'apache' | 'embedded';
  readonly servers: ServersHandle;
  readonly kazoo: KazooClient;
  readonly url: string;
}

const COMMANDS = [
  'configuration', 'conf', 'config', 'connections', 'cons', 'dirs', 'dump', 'get_trace_mask', 'gtmk', 'hash', 'initial_configuration', 'icfg', 'is_read_only',
  'isro', 'last_snapshot', 'lsnp', 'leader', 'lead', 'observers', 'obsr', 'ruok', 'server_stats', 'srvr', 'stats', 'stat', 'voting_view', 'watches', 'wchc',
  'watches_by_path', 'wchp', 'watch_summary', 'wchs', 'zabstate', 'set_trace_mask', 'set_trace_mask?traceMask=306', 'stmk?traceMask=x', 'connection_stat_reset',
  'crst', 'stat_reset', 'srst', 'observer_connection_stat_reset', 'orst', 'nosuch',
];

/** What must differ: places, times, sizes on disk, versions, and how many bytes replies had. */
const VOLATILE = /^(\s*"(?:client_port|data_dir|data_log_dir|remote_socket_address|established|last_response_time|last_latency|min_latency|avg_latency|max_latency|datadir_size|logdir_size|timestamp|version|data_dir_size|log_dir_size|uptime|initial_configuration|last_buffer_size|min_buffer_size|max_buffer_size|session_id|packets_sent|packets_received|max_client_cnxns|digest|fsync_threshold_exceed_count)" : ).*?(,?)$/gm;

/**
 * Jackson takes a bean's fields in whatever order the virtual machine gives them; of `dump` the moments without a session
 * are left out, which Apache's server keeps until they have passed.
 */
const UNORDERED: ReadonlySet<string> = new Set(['dump', 'server_stats', 'srvr', 'stats', 'stat', 'hash']);
const sorted = (text: string): string => masked(text).split('\n').map((line) => line.replace(/,$/, '')).filter((line) => line.trim() !== '"#" : [ ]').sort().join('\n');

function masked(text: string): string {
  return text
    .replace(VOLATILE, '$1#$2')
    .replace(/"\d{5,}" : /g, '"#" : ')
    .replace(/\[ (\d{10,}(, )?)+ \]/g, '[ # ]');
}

describeWith(['java', 'zookeeper', 'kazoo'], 'the AdminServer beside Apache’s', () => {
  const sides: Side[] = [];

  beforeAll(async () => {
    for (const name of ['apache', 'embedded'] as const) {
      const port = await freePort();
      const config = { 'admin.enableServer': 'true', 'admin.serverPort': String(port), 'admin.serverAddress': '127.0.0.1', tickTime: '2000' };
      const servers = name === 'apache' ? await startApacheStandalone({ config }) : await startEmbeddedStandalone({ config });
      const kazoo = await startKazoo(servers.connectString);
      await kazoo.create('/a', 'x');
      await kazoo.create('/a/e', '1', { ephemeral: true });
      await kazoo.watch('/a', 'data');
      await kazoo.watch('/', 'children');
      for (let i = 0; i < 260; i++) await kazoo.set('/a', 'x');
      // Apache's server goes on counting a connection whose watches have all fired.
      await kazoo.watch('/a', 'data');
      sides.push({ name, servers, kazoo, url: `http://127.0.0.1:${port}/commands` });
    }
  }, 60_000);
  afterAll(async () => {
    for (const { kazoo, servers } of sides) {
      await kazoo.close();
      await servers.stopAll();
    }
  });

  const ask = async ({ url }: Side, command: string): Promise<{ status: number; type: string | null; text: string }> => {
    const response = await fetch(`${url}${command === '' ? '' : `/${command}`}`);
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };
  const both = async (command: string) => Promise.all(sides.map((side) => ask(side, command)));

  test.each(COMMANDS)('%s', async (command) => {
    const [apache, ours] = await both(command);
    expect(ours?.status).toBe(apache?.status);
    expect(ours?.type).toBe(apache?.type);
    const form = UNORDERED.has(command) ? sorted : masked;
    expect(form(ours?.text ?? '')).toBe(form(apache?.text ?? ''));
  });

  test('the list of commands', async () => {
    const [apache, ours] = await both('');
    const links = (text = ''): string[] => text.trimEnd().split('\n<br/>').map((link) => link.trim());
    const newer = ['restore', 'snapshot'].map((name) => `<a href="/commands/${name}">${name}</a>`);
    expect(links(ours?.text).filter((link) => !newer.includes(link))).toEqual(links(apache?.text));
    expect(links(ours?.text)).toEqual(expect.arrayContaining(newer));
  });

  test('session ids keep their digits', async () => {
    for (const side of sides) {
      const { text } = await ask(side, 'connections');
      const [, id] = /"session_id" : (\d+)/.exec(text) ?? [];
      const dump = await ask(side, 'dump');
      expect(dump.text).toContain(`"${id}" : [ "/a/e" ]`);
      expect(Number.isSafeInteger(Number(id))).toBe(false);
    }
  });

  test('monitor: what ours tells, Apache’s tells by the same name and form', async () => {
    const [apache, ours] = await both('monitor');
    const fields = (text: string): Map<string, string> =>
      new Map([...text.matchAll(/^ {2}"([^"]+)" : (.*?),?$/gm)].map(([, name, value]) => [name as string, value as string]));
    const theirs = fields(apache?.text ?? '');
    const form = (value: string): string => value.replace(/\d+/g, '9');
    for (const [name, value] of fields(ours?.text ?? '')) {
      if (NEWER.has(name)) continue;
      expect([...theirs.keys()], name).toContain(name);
      const isText = value.startsWith('"');
      if (!isText) expect(form(value).replace('9.9', '9').length, name).toBe(form(theirs.get(name) ?? '').replace('9.9', '9').length);
    }
  });

  test('environment and system properties name what this machine is', async () => {
    for (const side of sides) {
      const environment = JSON.parse((await ask(side, 'environment')).text) as Record<string, string>;
      expect(environment).toMatchObject({ command: 'environment', error: null });
      expect(environment['zookeeper.version']).toMatch(/^3\.8\./);
      expect(JSON.parse((await ask(side, 'system_properties')).text)).toMatchObject({ command: 'system_properties', error: null });
    }
  });
});

const STATE_COUNTERS = [
  'snapshot_rate_limited_count', 'restore_rate_limited_count', 'restore_error_count',
  ...['avg', 'min', 'max', 'cnt', 'sum'].map((what) => `${what}_restore_time`),
];

/** Counters that 3.8.0 does not have yet, or has only elsewhere. */
const NEWER: ReadonlySet<string> = new Set(['auth_failed_count', 'ttl_node_deleted_count', 'snapshot_error_count', 'fsync_threshold_exceed_count', ...STATE_COUNTERS]);

describeWith(['kazoo'], 'the metrics port', () => {
  test('gives every figure once, with its type, and counts what is done', async () => {
    const port = await freePort();
    const servers = await startEmbeddedStandalone({
      config: {
        'metricsProvider.className': 'org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider',
        'metricsProvider.httpHost': '127.0.0.1', 'metricsProvider.httpPort': String(port),
      },
    });
    try {
      const kazoo = await startKazoo(servers.connectString);
      const read = async (): Promise<{ type: string | null; text: string }> => {
        const response = await fetch(`http://127.0.0.1:${port}/metrics`);
        return { type: response.headers.get('content-type'), text: await response.text() };
      };
      const value = (text: string, name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
      const before = await read();
      expect(before.type).toBe('text/plain; version=0.0.4; charset=utf-8');
      await kazoo.create('/m', 'x');
      const after = await read();
      expect(value(after.text, 'propagation_latency_count')).toBe(value(before.text, 'propagation_latency_count') + 1);
      expect(value(after.text, 'znode_count')).toBe(value(before.text, 'znode_count') + 1);
      expect(value(after.text, 'fsynctime_count')).toBeGreaterThan(0);
      const names = after.text.split('\n').filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2]);
      expect(new Set(names).size).toBe(names.length);
      for (const line of after.text.trimEnd().split('\n')) expect(line).toMatch(/^(# (HELP|TYPE) \S+ .+|[a-z0-9_]+ -?\d+(\.\d+)?)$/);
      expect((await fetch(`http://127.0.0.1:${port}/other`)).status).toBe(404);
      expect((await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' })).status).toBe(405);
      await kazoo.close();
    } finally {
      await servers.stopAll();
    }
  });

  test('a port in use does not keep the server from serving', async () => {
    const first = await startEmbeddedStandalone({ config: {} });
    const taken = /:(\d+)$/.exec(first.connectString)?.[1] ?? '';
    const second = await startEmbeddedStandalone({ config: { 'admin.enableServer': 'true', 'admin.serverPort': taken, 'admin.serverAddress': '127.0.0.1' } });
    try {
      const kazoo = await startKazoo(second.connectString);
      await kazoo.create('/served', 'x');
      await kazoo.close();
    } finally {
      await second.stopAll();
      await first.stopAll();
    }
  });
});
