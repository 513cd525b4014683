import { describe, expect, test } from 'vitest';
import { parseZooCfg } from '../../../../src/ensemble/config/zoo-cfg.ts';
import { isEnsembleKey, isMembershipKey, readEnsembleConfig, readMembership, readMyId, withClientOfLine } from '../../../../src/ensemble/member/ensemble-config.ts';

const THREE = 'server.1=a:1:2;3\nserver.2=b:1:2:participant;[::1]:4\nserver.3=c:1:2:observer\n';
const LIMITS = 'initLimit=10\nsyncLimit=5\n';

describe('what zoo.cfg says of an ensemble', () => {
  test('is nothing without server lines, and nothing that counts with one alone', () => {
    expect(readEnsembleConfig('dataDir=/d\nclientPort=1\n', null)).toBeNull();
    expect(readEnsembleConfig('server.1=a:1:2\n', null)).toBeNull();
    expect(parseZooCfg('dataDir=/d\nclientPort=1\nserver.1=a:1:2\n', new Map(), { elsewhere: isMembershipKey }).clientPort).toBe(1);
  });

  test('is a quorum of one where that is wanted', () => {
    expect(readEnsembleConfig(`server.1=a:1:2\nstandaloneEnabled=false\n${LIMITS}`, null)?.membership.members.size).toBe(1);
  });

  test('needs its limits, and a role that there is', () => {
    expect(() => readEnsembleConfig(THREE, null)).toThrow('initLimit is not set, which an ensemble needs');
    expect(() => readEnsembleConfig(`${THREE}initLimit=10\nsyncLimit=0\n`, null)).toThrow('syncLimit');
    expect(() => readEnsembleConfig(`${THREE}${LIMITS}peerType=boss\n`, null)).toThrow('peerType=boss: participant or observer is needed');
  });

  test('with a dynamic file stands in that file alone, and nothing else stands there', () => {
    const dynamic = { text: THREE, version: 0n };
    expect(() => readEnsembleConfig(`${LIMITS}server.1=a:1:2\n`, dynamic)).toThrow('server.1: with dynamicConfigFile it belongs into that file');
    expect(() => readEnsembleConfig(LIMITS, { text: `${THREE}tickTime=1\n`, version: 0n })).toThrow('tickTime: stands in the dynamic file');
    expect(readEnsembleConfig('', { text: 'server.1=a:1:2\n', version: 0n })).toBeNull();
    expect([...(readMembership('', { text: 'server.1=a:1:2;3\n', version: 0n })?.members.keys() ?? [])]).toEqual([1n]);
    expect(readMembership('dataDir=/d\n', null)).toBeNull();
  });

  test('may stand in a dynamic file, whose name tells its version', () => {
    const read = readEnsembleConfig(`dynamicConfigFile=/d/zoo.cfg.dynamic.100000003\n${LIMITS}`, { text: THREE, version: 0x1_0000_0003n });
    expect(read?.membership.version).toBe(0x1_0000_0003n);
    expect([...(read?.membership.members.keys() ?? [])]).toEqual([1n, 2n, 3n]);
  });
});

describe('a member', () => {
  const { membership } = readEnsembleConfig(`${THREE}${LIMITS}`, null) ?? {};
  if (membership === undefined) throw new Error('no membership');

  test('is who myid says', () => {
    expect(readMyId(' 2\n', membership)).toBe(2n);
    expect(() => readMyId('two', membership)).toThrow('myid holds "two"; a number from 0 to 255 is needed');
    expect(() => readMyId('7', membership)).toThrow('there is no server.7 in the configuration');
  });

  test('has its client port from its own line', async () => {
    expect(await ofLine('', 2n)).toMatchObject({ clientPort: 4, clientPortAddress: '::1' });
    expect(await ofLine('', 3n)).toMatchObject({ clientPort: -1 });
    expect(await ofLine('clientPort=9\n', 3n)).toMatchObject({ clientPort: 9, clientPortAddress: null });
  });

  test("listens where its own line says also when zoo.cfg's port is the same, and for every address", async () => {
    expect(await ofLine('clientPort=4\n', 2n)).toMatchObject({ clientPort: 4, clientPortAddress: '::1' });
    expect(await ofLine('clientPort=4\nclientPortAddress=0.0.0.0\n', 2n)).toMatchObject({ clientPortAddress: '::1' });
    expect(await ofLine('clientPort=4\nclientPortAddress=me\n', 2n)).toMatchObject({ clientPortAddress: '::1' });
  });

  test('refuses a zoo.cfg that says another port or address than its own line', async () => {
    await expect(ofLine('clientPort=9\n', 2n)).rejects.toThrow('clientPort=9: server.2 says that clients come to ::1, port 4; leave out one of the two');
    await expect(ofLine('clientPort=4\nclientPortAddress=::2\n', 2n)).rejects.toThrow('clientPort=4 and clientPortAddress=::2: server.2 says');
    await expect(ofLine('clientPort=3\nclientPortAddress=::2\n', 1n)).rejects.toThrow('server.1 says that clients come to 0.0.0.0, port 3');
  });

  const ofLine = (text: string, sid: bigint): ReturnType<typeof withClientOfLine> => {
    const config = parseZooCfg(`dataDir=/d\n${text}${THREE}`, new Map(), { elsewhere: isEnsembleKey, portElsewhere: true });
    return withClientOfLine(config, membership, sid, async (host) => (host === 'me' ? '::1' : host));
  };
});
