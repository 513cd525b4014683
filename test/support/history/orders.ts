/**
 * What zxids and versions tell of a history over all nodes: one order of writes that agrees with the clients' clock,
 * reads behind a `sync` that are never behind an acknowledged write, and no client that goes back in time. In: what
 * clients were answered. Out: complaints, none for a sound history.
 */

export interface Answered {
  readonly client: string;
  /** ms, on one clock for all clients. */
  readonly calledMs: number;
  readonly answeredMs: number;
  /** Of a write, its own transaction's; of a read, the last one that its server had. */
  readonly zxid: bigint;
  /** write; read behind a sync on the same connection; read */
  readonly kind: 'write' | 'syncedRead' | 'read';
  readonly path: string;
  /** The data's version that was made or seen. */
  readonly version: number;
}

/** Every complaint about the order of answers. */
export function complainOfOrder(answers: readonly Answered[]): string[] {
  return [...complainOfTime(answers), ...complainOfDoubles(answers), ...complainOfClients(answers)];
}

/** Whoever is called after a write was acknowledged comes behind it. */
function complainOfTime(answers: readonly Answered[]): string[] {
  const complaints: string[] = [];
  const acknowledged = answers.filter(({ kind }) => kind === 'write').sort((a, b) => a.answeredMs - b.answeredMs);
  let next = 0;
  let newest: Answered | null = null;
  for (const one of [...answers].sort((a, b) => a.calledMs - b.calledMs)) {
    for (let write = acknowledged[next]; write !== undefined && write.answeredMs < one.calledMs; write = acknowledged[++next]) {
      if (newest === null || write.zxid > newest.zxid) newest = write;
    }
    if (newest === null || one.kind === 'read') continue;
    const behind = one.kind === 'write' ? one.zxid <= newest.zxid : one.zxid < newest.zxid;
    if (behind) complaints.push(`${describe(one)}, called after ${describe(newest)} was acknowledged`);
  }
  return complaints;
}

/** A transaction is one client's; a version of a node is made once. */
function complainOfDoubles(answers: readonly Answered[]): string[] {
  const complaints: string[] = [];
  const seen = new Map<string, Answered>();
  for (const one of answers) {
    if (one.kind !== 'write') continue;
    for (const key of [`zxid ${one.zxid}`, `${one.path} ${one.version}`]) {
      const other = seen.get(key);
      if (other !== undefined) complaints.push(`${describe(one)} and ${describe(other)} are the same`);
      seen.set(key, one);
    }
  }
  return complaints;
}

/** Answers of one client, in the order in which it asked: never an older state than it has seen. */
function complainOfClients(answers: readonly Answered[]): string[] {
  const complaints: string[] = [];
  const last = new Map<string, Answered>();
  const versions = new Map<string, Answered>();
  for (const one of answers) {
    const before = last.get(one.client);
    if (before !== undefined && one.zxid < before.zxid) complaints.push(`${describe(one)} after ${describe(before)}: an older state`);
    last.set(one.client, one);
    const key = `${one.client} ${one.path}`;
    const seen = versions.get(key);
    if (seen !== undefined && one.version < seen.version) complaints.push(`${describe(one)} after ${describe(seen)}: an older version`);
    versions.set(key, one);
  }
  return complaints;
}

const describe = ({ client, kind, path, version, zxid }: Answered): string => `${client} ${kind} ${path} version ${version} zxid 0x${zxid.toString(16)}`;
