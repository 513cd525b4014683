import { describe, expect, test } from 'vitest';
import { parseZooCfg } from '../../../../src/ensemble/config/zoo-cfg.ts';
import { isEnsembleKey, isMembershipKey, readEnsembleConfig, readMyId, withClientOfLine } from '../../../../src/ensemble/member/ensemble-config.ts';

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

  test('has its client port from its own line, unless zoo.cfg says it', () => {
    const parse = (text: string): ReturnType<typeof parseZooCfg> => parseZooCfg(text, new Map(), { elsewhere: isEnsembleKey, portElsewhere: true });
    expect(withClientOfLine(parse(`dataDir=/d\n${THREE}`), membership, 2n)).toMatchObject({ clientPort: 4, clientPortAddress: '::1' });
    expect(withClientOfLine(parse(`dataDir=/d\nclientPort=9\n${THREE}`), membership, 2n)).toMatchObject({ clientPort: 9, clientPortAddress: null });
    expect(withClientOfLine(parse(`dataDir=/d\n${THREE}`), membership, 3n).clientPort).toBe(-1);
  });
});
