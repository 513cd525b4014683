/**
 * Genuine clients through a recorder: Apache's zkCli, Apache's Java API, kazoo. Their requests are what other
 * implementations really send. In: a recorder. Out: its entries.
 */
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { host, sleep, spawnJava, spawnTied } from './launch.mjs';

/** @typedef {import('./recorder.mjs').Recorder} Recorder */

/**
 * zkCli commands in order; `cut` stands for a lost connection.
 * @type {readonly string[]}
 */
const cliCommands = [
  'create /cli root', 'create -e /cli/ephemeral e', 'create -s /cli/sequential- s', 'create -s -e /cli/both- b',
  'create -c /cli/container c', 'create -t 86400000 /cli/ttl t', 'create -s -t 86400000 /cli/ttl- t', 'create /cli/no-data',
  'get /cli', 'get -s /cli', 'set /cli changed', 'set -s -v 1 /cli again', 'stat /cli', 'ls /cli', 'ls -s /cli',
  'getAcl -s /cli', 'addauth digest bob:bobsecret', 'create /cli/guarded g', 'setAcl -s /cli/guarded auth::cdrwa', 'getAcl /cli/guarded',
  'getEphemerals /cli', 'getAllChildrenNumber /cli', 'whoami', 'sync /cli', 'config', 'setquota -n 10 /cli', 'listquota /cli',
  'get -w /cli', 'ls -w /cli', 'stat -w /cli/later', 'addWatch -m PERSISTENT /cli/no-data', 'addWatch -m PERSISTENT_RECURSIVE /cli',
  'cut', 'set /cli fires', 'create /cli/later', 'removewatches /cli/no-data', 'delete /cli/later', 'delquota -n /cli',
  'create /cli/deep', 'create /cli/deep/a', 'create /cli/deep/b', 'deleteall /cli/deep', 'close',
];

/** @param {Recorder} recorder */
export async function zkCliConversation(recorder) {
  recorder.label('zkCli: connect');
  const main = ['org.apache.zookeeper.ZooKeeperMain', '-server', `${host}:${recorder.port}`];
  const child = spawnJava(['-Dorg.slf4j.simpleLogger.defaultLogLevel=error'], main, ['pipe', 'ignore', 'ignore']);
  await recorder.quiet(400);
  for (const command of cliCommands) {
    recorder.label(`zkCli: ${command === 'cut' ? 'reconnect' : command}`);
    const settled = recorder.quiet(120);
    if (command === 'cut') recorder.cut();
    else child.stdin?.write(`${command}\n`);
    await settled;
  }
  child.stdin?.end('quit\n');
  const kill = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await once(child, 'exit');
  clearTimeout(kill);
}

/**
 * Apache's Java API, driven by GoldenClient.java.
 * @param {Recorder} recorder
 * @param {readonly string[]} [options]  Java options
 * @param {readonly string[]} [more]  arguments of the program
 */
export async function javaConversation(recorder, options = [], more = []) {
  const source = fileURLToPath(new URL('GoldenClient.java', import.meta.url));
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';
  const child = spawnJava([quiet, ...options], [source, `${host}:${recorder.port}`, ...more], ['pipe', 'pipe', 'ignore']);
  const exit = once(child, 'exit');
  if (child.stdout === null || child.stdin === null) throw new Error('no pipes to the Java client');
  for await (const line of createInterface({ input: child.stdout })) {
    const cut = line.startsWith('!cut ');
    // What the last step sent without waiting for an answer still belongs to it.
    await sleep(40);
    recorder.label(cut ? line.slice('!cut '.length) : line);
    if (cut) recorder.cut();
    child.stdin.write('\n');
  }
  const [code] = await exit;
  if (code !== 0) throw new Error(`the Java client ended with ${code}`);
}

/**
 * Not among them: reconfig on a server that has it disabled; kazoo 2.8.0 does not know error -123 and hangs.
 * @type {readonly (readonly [label: string, script: string])[]}
 */
const kazooSteps = [
  ['create', 'zk.create("/kazoo", b"k")'],
  ['create ephemeral sequential', 'zk.create("/kazoo/es-", b"k", ephemeral=True, sequence=True)'],
  ['create2', 'zk.create("/kazoo/two", b"k", include_data=True)'],
  ['create NodeExists', 'zk.create("/kazoo", b"")'],
  ['exists missing with watch', 'zk.exists("/kazoo/later", watch=ignore)'],
  ['create fires the exist watch', 'zk.create("/kazoo/later", b"")'],
  ['get with watch', 'zk.get("/kazoo/later", watch=ignore)'],
  ['set fires the data watch', 'zk.set("/kazoo/later", b"x")'],
  ['get children with watch', 'zk.get_children("/kazoo", watch=ignore)'],
  ['get children with stat', 'zk.get_children("/kazoo", include_data=True)'],
  ['delete fires the child watch', 'zk.delete("/kazoo/later")'],
  ['get NoNode', 'zk.get("/kazoo/missing")'],
  ['set BadVersion', 'zk.set("/kazoo", b"", version=9)'],
  ['delete NotEmpty', 'zk.delete("/kazoo")'],
  ['get acls', 'zk.get_acls("/kazoo")'],
  ['add auth', 'zk.add_auth("digest", "bob:bobsecret")'],
  ['set acls', 'zk.set_acls("/kazoo/two", [make_digest_acl("bob", "bobsecret", all=True)])'],
  ['get a guarded node', 'zk.get("/kazoo/two")'],
  ['sync', 'zk.sync("/kazoo")'],
  ['transaction', [
    't = zk.transaction()', 't.create("/kazoo/t", b"t")', 't.set_data("/kazoo/t", b"u", version=0)', 't.check("/kazoo/t", 1)',
    't.delete("/kazoo/t")', 'result = t.commit()',
  ].join('; ')],
  ['transaction failed', [
    't = zk.transaction()', 't.create("/kazoo/t", b"t")', 't.check("/kazoo/t", 7)', 't.delete("/kazoo/t")', 'result = t.commit()',
  ].join('; ')],
];

/** @param {Recorder} recorder */
export async function kazooConversation(recorder) {
  const driver = await startKazoo(recorder);
  await driver.run('add ignore', 'ignore = lambda event: None');
  for (const [label, script] of kazooSteps) await driver.run(label, script);
  recorder.label('kazoo: reconnect');
  const settled = recorder.quiet(200, 2);
  recorder.cut();
  await settled;
  await driver.run('exists after the reconnect', 'zk.exists("/kazoo")');
  recorder.label('kazoo: close');
  await driver.call('close', {});
  driver.kill();
  const other = await startKazoo(recorder);
  await other.run('get NoAuth', 'zk.get("/kazoo/two")');
  recorder.label('kazoo: close the second client');
  await other.call('close', {});
  other.kill();
}

/**
 * A kazoo process connected through the recorder (or any server's port).
 * @param {{ port: number, label?: (label: string) => void }} target
 * @param {readonly (readonly [string, string])[]} [auth]
 */
export async function startKazoo(target, auth) {
  const file = fileURLToPath(new URL('../../test/support/kazoo_driver.py', import.meta.url));
  const child = spawnTied(process.env['KAZOO_PYTHON'] ?? '/usr/bin/python3', ['-u', file], ['pipe', 'pipe', 'inherit']);
  if (child.stdout === null) throw new Error('no pipe from kazoo');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  /** @param {string} name @param {object} args */
  const call = async (name, args) => {
    child.stdin?.write(`${JSON.stringify({ id: 1, op: name, args })}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error('kazoo ended');
    return JSON.parse(value);
  };
  target.label?.('kazoo: connect');
  const answer = await call('connect', { hosts: `${host}:${target.port}`, timeout: 30, auth: auth ?? null });
  if (answer.error) throw new Error(`kazoo cannot connect: ${answer.error.message}`);
  return {
    call,
    /** @param {string} label @param {string} script */
    async run(label, script) {
      target.label?.(`kazoo: ${label}`);
      const reply = await call('run', { script });
      // Watch events travel beside the replies.
      await sleep(30);
      return reply;
    },
    kill: () => child.kill('SIGKILL'),
  };
}
