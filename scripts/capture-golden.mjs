/**
 * Captures real bytes from Apache ZooKeeper: of hand-made requests, of Apache's own clients, of kazoo, and of the
 * files a server leaves. In: Java, ZooKeeper's jars (ZOOKEEPER_HOME or Debian's package), python3-kazoo.
 * Out: test/vectors/*.json and test/vectors/disk/. Run by hand: node scripts/capture-golden.mjs
 * Must hold: every opcode a client may send is there in both directions, or this fails.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { captureDisk, compactJson } from './golden/disk.mjs';
import { javaConversation, kazooConversation, zkCliConversation } from './golden/genuine.mjs';
import { handmadeConversation } from './golden/handmade.mjs';
import { cleanUp, fourLetterWord, startServer } from './golden/launch.mjs';
import { op } from './golden/raw.mjs';
import { startRecorder } from './golden/recorder.mjs';
import { captureForbidden, captureReadOnly, captureReconfig, captureSasl } from './golden/special.mjs';

/** @typedef {import('./golden/recorder.mjs').Entry} Entry */

let version = '';
const target = fileURLToPath(new URL('../test/vectors/', import.meta.url));

/** @type {Record<string, string>} */
const abouts = {
  handmade: 'Hand-made requests to a standalone server: every opcode, every record, most errors.',
  zkcli: 'Apache\'s zkCli, a genuine Java client.',
  java: 'Apache\'s Java API, a genuine client.',
  kazoo: 'kazoo 2.8.0, a genuine Python client.',
  forbidden: 'What a client must never send, to a server that was thrown away.',
  sasl: 'DIGEST-MD5 between Apache\'s Java client and a server that demands SASL.',
  readonly: 'A server in read-only mode.',
  reconfig: 'A follower of a three-server ensemble with reconfig and local sessions on.',
};

process.once('exit', cleanUp);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, () => process.exit(1));

mkdirSync(target, { recursive: true });
/** @type {Entry[]} */
const all = [];
await captureStandalone();
save('forbidden', await captureForbidden());
save('sasl', await captureSasl());
save('readonly', await captureReadOnly());
save('reconfig', await captureReconfig());
checkCoverage();
console.log(`${all.length} frames in ${target}`);
process.exit(0);

async function captureStandalone() {
  const server = await startServer({
    name: 'standalone',
    config: { enforceQuota: 'true', 'znode.container.checkIntervalMs': '100000000' },
    options: [
      '-Dzookeeper.extendedTypesEnabled=true',
      '-Dzookeeper.DigestAuthenticationProvider.superDigest=super:xQJmxLMiHGwaqBvst5y6rkB6HQs=',
    ],
  });
  version = /Zookeeper version: ([\d.]+)/.exec(await fourLetterWord(server.port, 'srvr'))?.[1] ?? '';
  const conversations = /** @type {const} */ ([
    ['handmade', handmadeConversation], ['zkcli', zkCliConversation], ['java', javaConversation], ['kazoo', kazooConversation],
  ]);
  for (const [name, converse] of conversations) {
    const recorder = await startRecorder(server.port);
    await converse(recorder);
    await recorder.close();
    save(name, recorder.entries);
  }
  const last = await startRecorder(server.port);
  await captureDisk(server, last, join(target, 'disk'));
  await last.close();
}

/**
 * @param {string} name
 * @param {readonly Entry[]} entries
 */
function save(name, entries) {
  all.push(...entries);
  const content = {
    about: abouts[name],
    server: `Apache ZooKeeper ${version}`,
    format: 'In the order of the wire. hex is the payload of one frame: the 4-byte length before it is left out. zxid is decimal.',
    entries,
  };
  writeFileSync(join(target, `${name}.json`), compactJson(content, 'entries'));
  console.log(`${name}: ${entries.length} frames`);
}

function checkCoverage() {
  // What no server answers with a reply header: see the notes in forbidden.json.
  /** @type {ReadonlySet<number>} */
  const unanswered = new Set([op.check, op.createSession]);
  const missing = Object.entries(op).flatMap(([name, code]) => {
    const directions = new Set(all.filter((entry) => entry.opcode === code).map((entry) => entry.direction));
    const wanted = /** @type {const} */ (['request', 'response']).filter((one) => one === 'request' || !unanswered.has(code));
    return wanted.filter((one) => !directions.has(one)).map((one) => `${name} ${one}`);
  });
  if (missing.length > 0) throw new Error(`not captured: ${missing.join(', ')}`);
}
