/** Where Java and Apache ZooKeeper's jars are looked for, in folders made for it. */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { apacheEngine } from '../../../../src/hosts/local-ensemble/engines.ts';
import { findJava } from '../../../../src/platform/apache/java.ts';
import { findZooKeeper } from '../../../../src/platform/apache/zookeeper.ts';
import { temporaryDirectory } from '../../../support/process-guard.ts';

let home = '';
beforeEach(() => {
  home = temporaryDirectory();
});

function put(file: string, text = '', mode = 0o644): string {
  const path = join(home, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}
const program = (file: string, exitCode: number): string => put(file, `#!/bin/sh\nexit ${exitCode}\n`, 0o755);
/** A system of which nothing usual is known. */
const bare = (env: Record<string, string> = {}) => ({ env: { PATH: '', ...env }, platform: 'plan9' });

describe('Java', () => {
  test('JAVA_HOME comes before PATH, and one that does not run is passed over', async () => {
    const own = program('jdk/bin/java', 0);
    const other = program('bin/java', 0);
    const env = { JAVA_HOME: join(home, 'jdk'), PATH: ['relative', join(home, 'bin')].join(delimiter) };
    expect(await findJava(bare(env))).toMatchObject({ found: { file: own, version: null } });
    program('jdk/bin/java', 1);
    expect(await findJava(bare(env))).toEqual({ found: { file: other, version: null }, looked: [`${own} does not run`] });
  });

  test('tells where it looked', async () => {
    expect(await findJava(bare())).toEqual({ found: null, looked: ['JAVA_HOME is not set', 'there is no java on PATH'] });
    expect(await findJava(bare({ JAVA_HOME: home }))).toEqual({ found: null, looked: ['there is no java on PATH', `${join(home, 'bin', 'java')} is not there`] });
  });
});

describe("ZooKeeper's jars", () => {
  test('a release: everything in lib, and its own settings of the log', () => {
    put('zk/lib/zookeeper-3.9.2.jar');
    put('zk/conf/logback.xml');
    const folder = join(home, 'zk');
    const expected = { found: { classpath: [join(folder, 'conf'), join(folder, 'lib', '*')].join(delimiter), folder } };
    expect(findZooKeeper(bare({ ZOOKEEPER_HOME: folder }), null)).toMatchObject(expected);
    expect(findZooKeeper(bare(), folder)).toMatchObject(expected);
    put('zk/bin/zkServer.sh');
    mkdirSync(join(home, 'path'));
    symlinkSync(join(folder, 'bin', 'zkServer.sh'), join(home, 'path', 'zkServer.sh'));
    expect(findZooKeeper(bare({ PATH: join(home, 'path') }), null)).toMatchObject(expected);
  });

  test('an old release, a folder of jars, and Debian’s', () => {
    put('old/zookeeper-3.4.14.jar');
    put('old/lib/log4j.jar');
    put('jars/zookeeper-3.8.4.jar');
    put('debian/zookeeper.jar');
    put('debian/zookeeper-3.8.0.jar');
    put('debian/slf4j-simple.jar');
    const classpath = (name: string): string[] | undefined => findZooKeeper(bare(), join(home, name)).found?.classpath.split(delimiter);
    expect(classpath('old')).toEqual([join(home, 'old', 'zookeeper-3.4.14.jar'), join(home, 'old', 'lib', '*')]);
    expect(classpath('jars')).toEqual([join(home, 'jars', '*')]);
    expect(classpath('debian')?.filter((part) => part !== '/etc/zookeeper/conf')).toEqual([join(home, 'debian', 'zookeeper.jar'), join(home, 'debian', 'slf4j-simple.jar')]);
  });

  test('a chosen folder is the only one that is looked at', () => {
    put('zk/lib/zookeeper-3.9.2.jar');
    const gone = join(home, 'gone');
    expect(findZooKeeper(bare({ ZOOKEEPER_HOME: join(home, 'zk') }), gone)).toEqual({ found: null, looked: [`${gone} is not there`] });
    expect(findZooKeeper(bare(), home)).toEqual({ found: null, looked: [`${home} has no zookeeper jar, nor has its lib`] });
  });
});

test('the engine says in one line what is missing, where it looked, and what to do', async () => {
  await expect(apacheEngine(bare(), null)).rejects.toThrow(
    'Apache ZooKeeper was not found: ZOOKEEPER_HOME is not set; there is no zkServer.sh on PATH. Name its folder with --zookeeper or ZOOKEEPER_HOME (on Debian: apt install zookeeper)',
  );
  put('zk/lib/zookeeper-3.9.2.jar');
  await expect(apacheEngine(bare(), join(home, 'zk'))).rejects.toThrow(
    'Java was not found: JAVA_HOME is not set; there is no java on PATH. Put java on PATH or set JAVA_HOME (on Debian: apt install default-jre-headless)',
  );
});

test('the engine takes the flags that zkServer.sh takes', async () => {
  put('zk/lib/zookeeper-3.9.2.jar');
  program('jdk/bin/java', 0);
  const env = { JAVA_HOME: join(home, 'jdk'), ZK_SERVER_HEAP: '64', SERVER_JVMFLAGS: '-Da=b  -Dc=d' };
  const engine = await apacheEngine(bare(env), join(home, 'zk'));
  const args = engine.argsFor('/zoo.cfg');
  expect(args).toEqual(expect.arrayContaining(['-Xmx64m', '-Da=b', '-Dc=d', join(home, 'zk', 'lib', '*'), '/zoo.cfg']));
});

test.runIf(process.platform === 'linux')('in a plain locale Java gets one in which it finds files whose names are not ASCII', async () => {
  put('zk/lib/zookeeper-3.9.2.jar');
  put('jdk/bin/java', '#!/bin/sh\nfor last; do :; done\nprintf %s "$LC_ALL $last"\n', 0o755);
  const localeOfJava = async (locale: Record<string, string>, file: string): Promise<string> => {
    const env = { JAVA_HOME: join(home, 'jdk'), ...locale };
    const engine = await apacheEngine({ env, platform: 'linux' }, join(home, 'zk'));
    return spawnSync(engine.command, engine.argsFor(file), { env, input: 'go\n', encoding: 'utf8' }).stdout;
  };
  expect(await localeOfJava({}, '/ü/zoo.cfg')).toBe('C.UTF-8 /ü/zoo.cfg');
  expect(await localeOfJava({ LC_ALL: 'POSIX', LANG: 'C.UTF-8' }, '/ü/zoo.cfg')).toBe('C.UTF-8 /ü/zoo.cfg');
  expect(await localeOfJava({ LANG: 'de_DE.utf8' }, '/ü/zoo.cfg')).toBe(' /ü/zoo.cfg');
  expect(await localeOfJava({}, '/zoo.cfg')).toBe(' /zoo.cfg');
});

test('the engine says which variable led nowhere, and what is used in its place', async () => {
  put('zk/lib/zookeeper-3.9.2.jar');
  put('zk/bin/zkServer.sh');
  const java = program('bin/java', 0);
  const env = { PATH: [join(home, 'bin'), join(home, 'zk', 'bin')].join(delimiter), JAVA_HOME: join(home, 'jdk'), ZOOKEEPER_HOME: join(home, 'gone') };
  expect((await apacheEngine(bare(env), null)).passedOver).toEqual([
    `ZOOKEEPER_HOME is passed over, as ${join(home, 'gone')} is not there; used is ${join(home, 'zk')}`,
    `JAVA_HOME is passed over, as ${join(home, 'jdk', 'bin', 'java')} is not there; used is ${java}`,
  ]);
  // Where a folder is named, the variable is not asked.
  expect((await apacheEngine(bare({ ...env, JAVA_HOME: '' }), join(home, 'zk'))).passedOver).toEqual([]);
});
