import { describe, expect, test } from 'vitest';
import { answerWord } from '../../../../src/ensemble/admin/words.ts';
import { javaDouble } from '../../../../src/ensemble/admin/text.ts';
import { SERVER_VERSION } from '../../../../src/ensemble/admin/version.ts';
import { ask } from '../../../interop/server-conversation.ts';
import { Harness } from '../server/harness.ts';

const VERSION = `Zookeeper version: ${SERVER_VERSION}\n`;

test('numbers as Java prints them', () => {
  expect([0, 1, 0.5, 1 / 3, 2.00004, 12.3456789].map(javaDouble)).toEqual(['0.0', '1.0', '0.5', '0.3333', '2.0', '12.3457']);
});

describe('the four-letter words', () => {
  test('of a server with one session', async () => {
    const harness = await Harness.start();
    const client = await harness.join({ timeoutMs: 5000 });
    const id = `0x${client.sessionId.toString(16)}`;
    await client.do(1, ask.create('/e', 'x', 1));
    await client.do(4, ask.read('/e', true));
    expect(await harness.word('srvr')).toBe(
      `${VERSION}Latency min/avg/max: 0/0.0/0\nReceived: 4\nSent: 3\nConnections: 2\nOutstanding: 0\nZxid: 0x2\nMode: standalone\nNode count: 6\n`);
    expect(await harness.word('stat')).toBe(
      `${VERSION}Clients:\n /127.0.0.1:5555[1](queued=0,recved=3,sent=3)\n /127.0.0.1:5555[1](queued=0,recved=1,sent=0)\n\n` +
      'Latency min/avg/max: 0/0.0/0\nReceived: 5\nSent: 4\nConnections: 2\nOutstanding: 0\nZxid: 0x2\nMode: standalone\nNode count: 6\n');
    expect(await harness.word('ruok')).toBe('imok');
    expect(await harness.word('isro')).toBe('rw');
    expect(await harness.word('gtmk')).toBe('306');
    expect(await harness.word('wchs')).toBe('1 connections watching 1 paths\nTotal watches:1\n');
    expect(await harness.word('wchc')).toBe(`${id}\n\t/e\n\n`);
    expect(await harness.word('wchp')).toBe(`/e\n\t${id}\n\n`);
    expect(await harness.word('cons')).toBe(
      ` /127.0.0.1:5555[1](queued=0,recved=3,sent=3,sid=${id},lop=GETD,est=1700000000000,to=5000,lcxid=0x2,lzxid=0x2,` +
      'lresp=1700000000000,llat=0,minlat=0,avglat=0,maxlat=0)\n /127.0.0.1:5555[1](queued=0,recved=1,sent=0)\n\n');
    expect(await harness.word('dump')).toBe(
      `SessionTracker dump:\nSession Sets (1)/(1):\n1 expire at T+6000:\n\t${id}\nephemeral nodes dump:\n` +
      `Sessions with Ephemerals (1):\n${id}:\n\t/e\nConnections dump:\nConnections Sets (2)/(2):\n` +
      `1 expire at T+10000:\n\tip: /127.0.0.1:5555 sessionId: ${id}\n1 expire at T+20000:\n\tip: /127.0.0.1:5555 sessionId: 0x0\n`);
    expect(await harness.word('envi')).toBe(`Environment:\nzookeeper.version=${SERVER_VERSION}\nhost.name=test\n`);
    expect(await harness.word('conf')).toMatch(
      /^clientPort=2181\nsecureClientPort=-1\ndataDir=\/data\/version-2\ndataDirSize=\d+\ndataLogDir=\/data\/version-2\ndataLogSize=\d+\ntickTime=1000\nmaxClientCnxns=60\nminSessionTimeout=2000\nmaxSessionTimeout=20000\nclientPortListenBacklog=-1\nserverId=0\n$/);
    expect(await harness.word('dirs')).toMatch(/^datadir_size: \d+\nlogdir_size: \d+\n$/);
    expect(await harness.word('crst')).toBe('Connection stats reset.\n');
    expect(await harness.word('srst')).toBe('Server stats reset.\n');
    expect(await harness.word('srvr')).toContain('Received: 1\nSent: 1\n');
    expect(await harness.word('orst')).toBe('');
  });

  test('mntr', async () => {
    const harness = await Harness.start();
    const client = await harness.join();
    await client.do(3, ask.read('/', true));
    await harness.clock.advance(1500);
    const text = await harness.word('mntr');
    const figures = new Map(text.trim().split('\n').map((line) => line.split('\t') as [string, string]));
    expect([...figures.keys()].every((key) => key.startsWith('zk_'))).toBe(true);
    expect(Object.fromEntries(figures)).toMatchObject({
      zk_version: SERVER_VERSION, zk_server_state: 'standalone', zk_znode_count: '5', zk_approximate_data_size: '44',
      zk_watch_count: '1', zk_ephemerals_count: '0', zk_global_sessions: '1', zk_num_alive_connections: '2',
      zk_outstanding_requests: '0', zk_uptime: '1500', zk_packets_received: '3', zk_avg_latency: '0.0', zk_commit_count: '0', zk_cnt_propagation_latency: '1',
      zk_connection_request_count: '1', zk_cnt_updatelatency: '1', zk_cnt_readlatency: '1',
    });
  });

  test('are refused unless they are listed', async () => {
    const harness = await Harness.start({ config: { '4lw.commands.whitelist': 'srvr, ruok' } });
    expect(await harness.word('ruok')).toBe('imok');
    expect(await harness.word('mntr')).toBe('mntr is not executed because it is not in the whitelist.\n');
    expect(await answerWord('dump', harness.server.view, new Set())).toBe('dump is not executed because it is not in the whitelist.\n');
  });
});
