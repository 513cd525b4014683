/**
 * The same damaged directory before Apache's server and ours: both start with everything, or ours says what is wrong
 * where Apache's starts with less. Where Apache's does not start, the test says whether ours has a reason to.
 */

import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { StorageError } from '../../src/ensemble/log/storage-error.ts';
import { formatId } from '../../src/model/zxid.ts';
import { startApacheStandalone } from '../support/apache.ts';
import { temporaryDirectory } from '../support/process-guard.ts';
import { connectRaw } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';
import { recoverDirectory } from './disk-support.ts';
import { ask } from './server-conversation.ts';

/** What a server makes of a directory: the zxid it starts at, or that it does not. */
type Outcome = string;
const REFUSED: Outcome = 'refused';
const TXNS = 95;

let base = '';
let all = '';

interface Entry {
  readonly at: number;
  readonly end: number;
}

function entriesOf(file: string): Entry[] {
  const bytes = readFileSync(file);
  const out: Entry[] = [];
  for (let at = 16; at + 13 <= bytes.length && bytes.readInt32BE(at + 8) > 0; ) {
    const end = at + bytes.readInt32BE(at + 8) + 13;
    out.push({ at, end });
    at = end;
  }
  return out;
}

/** A copy of the directory, with what a case needs to spoil it. */
class Patient {
  readonly dataDir = temporaryDirectory();
  readonly directory = join(this.dataDir, 'version-2');
  readonly logs: readonly string[];
  readonly snapshots: readonly string[];

  constructor() {
    cpSync(base, this.dataDir, { recursive: true });
    const named = (prefix: string): string[] => readdirSync(this.directory).filter((name) => name.startsWith(prefix))
      .sort((a, b) => Number.parseInt(a.split('.')[1] ?? '', 16) - Number.parseInt(b.split('.')[1] ?? '', 16));
    this.logs = named('log.');
    this.snapshots = named('snapshot.');
  }

  path(name: string | undefined): string {
    return join(this.directory, name ?? '');
  }

  /** The last log, and its entries. */
  get last(): { readonly file: string; readonly entries: Entry[] } {
    const file = this.path(this.logs.at(-1));
    return { file, entries: entriesOf(file) };
  }

  next(): string {
    return this.path(`log.${(BigInt(all) + 1n).toString(16)}`);
  }

  change(file: string, at: number, change: (byte: number) => number): void {
    const bytes = readFileSync(file);
    bytes[at] = change(bytes[at] as number);
    writeFileSync(file, bytes);
  }
}

async function apacheOutcome(dataDir: string): Promise<Outcome> {
  await using apache = await startApacheStandalone({ dataDir, waitServing: false });
  const server = apache.server(1);
  try {
    await server.waitServing();
  } catch {
    return REFUSED;
  }
  return /^Zxid: (\S+)/m.exec(await server.fourLetterWord('srvr'))?.[1] ?? '';
}

async function ourOutcome(dataDir: string): Promise<{ readonly outcome: Outcome; readonly message: string }> {
  try {
    return { outcome: formatId((await recoverDirectory(dataDir)).zxid), message: '' };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { outcome: REFUSED, message: error.message };
  }
}

interface Case {
  readonly name: string;
  spoil(patient: Patient): void;
  /** `all`: everything that was acknowledged; `one less`: without the entry that was cut short. */
  readonly ours: 'all' | 'one less' | 'refused';
  readonly apache: 'all' | 'less' | 'refused';
  readonly says?: RegExp;
}

const zxidOf = (name: string | undefined): number => Number.parseInt(name?.split('.')[1] ?? '', 16);
const header = (patient: Patient): Buffer => readFileSync(patient.last.file).subarray(0, 16);
const middle = (entries: readonly Entry[]): Entry => entries[entries.length >> 1] as Entry;
const lastOf = (entries: readonly Entry[]): Entry => entries.at(-1) as Entry;

const cases: readonly Case[] = [
  { name: 'nothing', spoil: () => undefined, ours: 'all', apache: 'all' },
  { name: 'an empty last log', spoil: (p) => writeFileSync(p.next(), ''), ours: 'all', apache: 'refused' },
  { name: 'a last log with half a header', spoil: (p) => writeFileSync(p.next(), header(p).subarray(0, 8)), ours: 'all', apache: 'refused' },
  { name: 'a last log of zeros', spoil: (p) => writeFileSync(p.next(), Buffer.alloc(9000)), ours: 'all', apache: 'refused' },
  { name: 'a last log with a header only', spoil: (p) => writeFileSync(p.next(), header(p)), ours: 'all', apache: 'all' },
  { name: 'a last entry cut short', spoil: (p) => truncateSync(p.last.file, lastOf(p.last.entries).at + 30), ours: 'one less', apache: 'less' },
  {
    name: 'a last entry of which only the beginning was written, with room behind it', ours: 'one less', apache: 'less',
    spoil: (p) => {
      const { at, end } = lastOf(p.last.entries);
      for (let i = at + 30; i < end; i++) p.change(p.last.file, i, () => 0);
    },
  },
  { name: 'a last mark that is missing', spoil: (p) => p.change(p.last.file, lastOf(p.last.entries).end - 1, () => 0), ours: 'one less', apache: 'less' },
  {
    name: 'a changed byte in the last entry', ours: 'refused', apache: 'refused', says: /the checksum of an entry is wrong.*needs a backup/,
    spoil: (p) => p.change(p.last.file, lastOf(p.last.entries).at + 40, (byte) => byte ^ 0x10),
  },
  {
    name: 'a changed mark in the middle', ours: 'refused', apache: 'less', says: /the mark behind an entry is missing.*\d+ transactions that come after it/,
    spoil: (p) => p.change(p.last.file, middle(p.last.entries).end - 1, (byte) => byte ^ 0x10),
  },
  {
    name: 'a length of 0 in the middle', ours: 'refused', apache: 'less', says: /there are bytes behind its end/,
    spoil: (p) => {
      for (let i = 0; i < 4; i++) p.change(p.last.file, middle(p.last.entries).at + 8 + i, () => 0);
    },
  },
  {
    name: 'a length beyond the file', ours: 'refused', apache: 'less', says: /an entry of \d+ bytes/,
    spoil: (p) => p.change(p.last.file, middle(p.last.entries).at + 9, () => 5),
  },
  {
    name: 'a log that was taken from the middle, and the snapshot that covered it', ours: 'refused', apache: 'all', says: /transactions are missing: after 0x\w+ comes 0x\w+ in log/,
    spoil: (p) => {
      rmSync(p.path(p.logs.at(-2)));
      rmSync(p.path(p.snapshots.at(-1)));
    },
  },
  { name: 'a changed byte in the newest snapshot', spoil: (p) => p.change(p.path(p.snapshots.at(-1)), 300, (byte) => byte ^ 1), ours: 'all', apache: 'all' },
  { name: 'a newest snapshot cut short', spoil: (p) => truncateSync(p.path(p.snapshots.at(-1)), 200), ours: 'all', apache: 'all' },
  {
    name: 'a newest snapshot cut short, and the log before it gone', ours: 'refused', apache: 'less', says: /snapshot\.\w+ cannot be used.*transactions up to 0x\w+ are missing.*move that file away/,
    spoil: (p) => {
      truncateSync(p.path(p.snapshots.at(-1)), 200);
      for (const name of p.logs.slice(p.logs.findLastIndex((log) => zxidOf(log) <= zxidOf(p.snapshots.at(-1))))) rmSync(p.path(name));
    },
  },
  { name: 'the newest snapshot gone', spoil: (p) => rmSync(p.path(p.snapshots.at(-1))), ours: 'all', apache: 'all' },
  {
    name: 'every snapshot gone', ours: 'refused', apache: 'refused', says: /no snapshot.*Put the snapshots back/,
    spoil: (p) => {
      for (const name of p.snapshots) rmSync(p.path(name));
    },
  },
  {
    name: 'every snapshot cut short', ours: 'refused', apache: 'refused', says: /no snapshot can be used: snapshot\.\w+ was not written to its end/,
    spoil: (p) => {
      for (const name of p.snapshots) truncateSync(p.path(name), 100);
    },
  },
  { name: 'a changed magic number', spoil: (p) => p.change(p.last.file, 1, () => 0), ours: 'refused', apache: 'refused', says: /does not begin as a transaction log does/ },
];

describeWith(['java', 'zookeeper'], 'a damaged directory', () => {
  beforeAll(async () => {
    base = temporaryDirectory();
    await using apache = await startApacheStandalone({ dataDir: base, jvm: ['-Dzookeeper.snapCount=60', '-Dzookeeper.preAllocSize=64'] });
    const server = apache.server(1);
    const client = await connectRaw(server.host, server.clientPort);
    await client.connectSession({ timeoutMs: 10_000 });
    for (let i = 0; i < TXNS; i++) expect((await client.request(1, ask.create('/n-', `data of node ${i}`, 2))).err).toBe(0);
    all = /^Zxid: (\S+)/m.exec(await server.fourLetterWord('srvr'))?.[1] ?? '';
    client.destroy();
    await server.kill();
  });

  test.each(cases)('$name: ours $ours, Apache $apache', async ({ spoil, ours, apache, says }) => {
    const forUs = new Patient();
    spoil(forUs);
    const forApache = new Patient();
    spoil(forApache);
    const { outcome, message } = await ourOutcome(forUs.dataDir);
    const less = formatId(BigInt(all) - 1n);
    expect(outcome).toBe(ours === 'all' ? all : ours === 'one less' ? less : REFUSED);
    if (says !== undefined) expect(message).toMatch(says);
    const theirs = await apacheOutcome(forApache.dataDir);
    if (apache === 'refused') expect(theirs).toBe(REFUSED);
    else if (apache === 'all') expect(theirs).toBe(all);
    else expect(BigInt(theirs)).toBeLessThan(BigInt(all));
    // Whatever we take, we leave so that Apache's server takes it too.
    if (ours !== 'refused') expect(await apacheOutcome(forUs.dataDir)).toBe(outcome);
  });
});
