import { describe, expect, test } from 'vitest';
import { parseProperties } from '../../../../src/ensemble/config/properties.ts';
import { readSettings } from '../../../../src/ensemble/config/settings.ts';
import { parseZooCfg } from '../../../../src/ensemble/config/zoo-cfg.ts';

const base = 'dataDir=/data\nclientPort=2181\n';

describe('properties text', () => {
  test.each([
    ['a=1', { a: '1' }],
    ['a:1', { a: '1' }],
    ['a 1', { a: '1' }],
    ['  a \t = \f 1 ', { a: '1 ' }],
    ['# c\n! c\n\n  # c\na=1', { a: '1' }],
    ['a=b=c:d', { a: 'b=c:d' }],
    ['a', { a: '' }],
    ['a=', { a: '' }],
    ['=x', { '': 'x' }],
    ['a=1\\\n   2\\\n3', { a: '123' }],
    ['a=1\\\\\nb=2', { a: '1\\', b: '2' }],
    ['# comment \\\na=1', { a: '1' }],
    ['a\\ b\\:c\\=d=1', { 'a b:c=d': '1' }],
    ['a=\\t\\n\\u0041\\q', { a: '\t\nAq' }],
    ['a=1\r\nb=2\rc=3', { a: '1', b: '2', c: '3' }],
    ['a=1\na=2', { a: '2' }],
    ['a=1\\', { a: '1' }],
  ])('%j', (text, expected) => {
    expect(Object.fromEntries(parseProperties(text))).toEqual(expected);
  });

  test('a broken escape', () => {
    expect(() => parseProperties('a=\\u12')).toThrow('malformed \\u escape');
  });
});

describe('zoo.cfg', () => {
  test('has defaults for all but two keys', () => {
    expect(parseZooCfg(base)).toMatchObject({
      dataDir: '/data', dataLogDir: '/data', tickMs: 3000, clientPort: 2181, clientPortAddress: null, maxClientCnxns: 60,
      minSessionTimeoutMs: 6000, maxSessionTimeoutMs: 60_000, snapRetainCount: 3, purgeIntervalHours: 0,
      clientPortListenBacklog: -1, reconfigEnabled: false,
    });
  });

  test('reads what is set', () => {
    const text = `${base}tickTime = 500
dataLogDir=/logs
clientPortAddress=127.0.0.1
maxClientCnxns=0
minSessionTimeout=100
maxSessionTimeout=-1
autopurge.snapRetainCount=1
autopurge.purgeInterval=24
initLimit=10
syncLimit=5
peerType=participant
snapCount=7
4lw.commands.whitelist=*
`;
    const cfg = parseZooCfg(text, new Map([['zookeeper.snapCount', '9'], ['zookeeper.skipACL', 'yes']]));
    expect(cfg).toMatchObject({
      dataLogDir: '/logs', tickMs: 500, clientPortAddress: '127.0.0.1', maxClientCnxns: 0, minSessionTimeoutMs: 100,
      maxSessionTimeoutMs: 10_000, snapRetainCount: 3, purgeIntervalHours: 24,
    });
    // As in Apache's server, the file wins over -D.
    expect(Object.fromEntries(cfg.properties)).toEqual({
      'zookeeper.snapCount': '7', 'zookeeper.skipACL': 'yes', 'zookeeper.4lw.commands.whitelist': '*',
    });
  });

  test('takes numbers below 0 for no limit and for off where Apache\'s server does', () => {
    expect(parseZooCfg(`${base}maxClientCnxns=-1\nautopurge.purgeInterval=-1\nautopurge.snapRetainCount=-1`))
      .toMatchObject({ maxClientCnxns: 0, purgeIntervalHours: 0, snapRetainCount: 3 });
  });

  test.each([
    ['clientPort=1', 'dataDir is not set'],
    ['dataDir=/d', 'clientPort is not set'],
    [`${base}tickTime=x`, 'tickTime=x: a whole number is needed'],
    [`${base}tickTime=0`, 'tickTime=0: must be between'],
    [`${base}clientPort=65536`, 'clientPort=65536: must be between 0 and 65535'],
    [`${base}minSessionTimeout=9\nmaxSessionTimeout=8`, 'minSessionTimeout=9: must not be above'],
    [`${base}standaloneEnabled=perhaps`, 'standaloneEnabled=perhaps: true or false'],
    [`${base}electionAlg=2`, 'electionAlg=2: only 3'],
    [`${base}peerType=king`, 'peerType=king'],
    [`${base}peerType=observer`, 'peerType=observer: an ensemble is not supported yet'],
    [`${base}server.1=a:1:2`, 'server.1: not supported yet'],
    [`${base}weight.1=2`, 'weight.1: not supported yet'],
    ['dataDir=/data', 'clientPort is not set'],
    [`${base}secureClientPort=no`, 'secureClientPort=no: a whole number is needed'],
    [`${base}secureClientPortAddress=::1`, 'secureClientPortAddress is set, and secureClientPort is not'],
    [`${base}dynamicConfigFile=x`, 'dynamicConfigFile: not supported yet'],
    [`${base}multiAddress.enabled=true`, 'multiAddress.enabled=true: not supported yet'],
    [`${base}localSessionsEnabled=perhaps`, 'localSessionsEnabled=perhaps: true or false'],
  ])('refuses %j', (text, message) => {
    expect(() => parseZooCfg(text)).toThrow(message);
  });

  test('lets switches of missing parts stand as long as they are off', () => {
    expect(() => parseZooCfg(`${base}sslQuorum=false\nadmin.enableServer=false\nlocalSessionsEnabled=false`)).not.toThrow();
  });
});

describe('settings', () => {
  const settings = (entries: Record<string, string>) => readSettings(new Map(Object.entries(entries)));

  test('may be hexadecimal, as Java reads properties', () => {
    expect(settings({ 'jute.maxbuffer': '0x200000' }).requestBytesMax).toBe(0x200000);
    expect(settings({ 'zookeeper.snapCount': ' #FF ' }).snapCount).toBe(255);
    expect(() => settings({ 'jute.maxbuffer': '0xg' })).toThrow('jute.maxbuffer=0xg: a whole number is needed');
    expect(() => settings({ 'jute.maxbuffer': '-0x200000' })).toThrow('must be between 1024');
  });

  test('have the defaults of Apache\'s server', () => {
    expect(settings({})).toMatchObject({
      requestBytesMax: 0xfffff, globalOutstandingLimit: 1000, snapCount: 100_000, preallocateBytes: 64 * 1024 * 1024,
      forceSync: true, extendedTypes: false, digestEnabled: true, skipAcl: false, enforceQuota: false, superDigest: null,
      digestAlgorithm: 'SHA1', sessionlessTimeoutMs: 10_000, containerCheckMs: 60_000, containerNeverUsedMs: 0,
    });
    expect(settings({}).words).toEqual(new Set(['srvr']));
  });

  test('read what is set', () => {
    expect(settings({ 'jute.maxbuffer': '4194304', 'zookeeper.forceSync': 'no', 'zookeeper.snapCount': '0' })).toMatchObject({
      requestBytesMax: 4194304, forceSync: false, snapCount: 2,
    });
    expect(settings({ 'zookeeper.4lw.commands.whitelist': 'ruok, stat' }).words).toEqual(new Set(['ruok', 'stat', 'srvr']));
    expect(settings({ 'readonlymode.enabled': 'true' }).words).toEqual(new Set(['srvr', 'isro']));
    expect(settings({ 'zookeeper.4lw.commands.whitelist': 'ruok, *' }).words).toBe('all');
  });

  test('name what is wrong', () => {
    expect(() => settings({ 'zookeeper.skipACL': 'perhaps' })).toThrow('zookeeper.skipACL=perhaps: yes or no is needed');
    expect(() => settings({ 'zookeeper.snapCount': 'x' })).toThrow('zookeeper.snapCount=x');
  });

  test('local sessions are off unless asked for, and upgraded only if that is asked for as well', () => {
    expect(parseZooCfg(base)).toMatchObject({ localSessionsEnabled: false, localSessionsUpgradingEnabled: false });
    expect(parseZooCfg(`${base}localSessionsEnabled=true`)).toMatchObject({ localSessionsEnabled: true, localSessionsUpgradingEnabled: false });
  });
});
