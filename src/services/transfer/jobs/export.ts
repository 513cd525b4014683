/** A live subtree to a file. Must hold: a file that has its name is whole; one that was interrupted is gone on with. */

import { encodeUtf8 } from '../../../base/text.ts';
import { UsageError } from '../../../model/errors.ts';
import type { LiveSide, Work } from '../api.ts';
import type { Checkpoint } from '../job-log.ts';
import { FORMAT_VERSION } from '../format/layout.ts';
import { ExportReader } from '../format/read.ts';
import { headerLine, nodeLine, trailerLine } from '../format/write.ts';
import type { ExportOutput, Sha256 } from '../ports.ts';
import type { NodeRecord } from '../record.ts';
import { openSide } from '../read-side.ts';
import type { JobRun } from '../run.ts';
import { isLeft, type RecordSource, type SourceEntry } from '../source.ts';

/** What is lost by a crash: so many nodes, or so much time, ms. */
const MARK_NODES = 1_000;
const MARK_MS = 500;
const MARK_MS_MAX = 5_000;

export async function runExport(run: JobRun, { from, to }: Extract<Work, { kind: 'export' }>, checkpoint: Checkpoint | null): Promise<void> {
  const { acl, ephemerals, dryRun } = run.options;
  if (dryRun) {
    const { source, nodesTotal } = await openSide(run, from, { data: false, acl, ephemerals, needsRoot: true });
    run.begin('running', nodesTotal);
    for await (const batch of source.read(null)) for (const entry of batch) await takeNote(run, entry);
    run.zxidAfter = await run.endpoint(from).syncedZxid(from.path);
    return;
  }
  try {
    const begun = await goOn(run, to, checkpoint);
    const since = begun === null ? null : run.zxidBefore;
    const { source, nodesTotal } = await openSide(run, from, { data: true, acl, ephemerals, needsRoot: true, since });
    run.begin('running', nodesTotal, begun?.nodes ?? 0);
    const writer = new ExportWriter(run, to, begun?.sum ?? run.deps.tools.sha256(), begun?.bytes ?? 0);
    if (begun === null) await writer.begin(from, source);
    await writer.nodes(source.read(begun?.last ?? null));
    run.zxidAfter = await run.endpoint(from).syncedZxid(from.path);
    await writer.end();
  } finally {
    await to.close();
  }
}

interface Begun {
  readonly last: string | null;
  readonly nodes: number;
  readonly bytes: number;
  readonly sum: Sha256;
}

/** Takes up what an earlier run left, up to its last checkpoint. @returns null where there is nothing of use */
async function goOn(run: JobRun, to: ExportOutput, checkpoint: Checkpoint | null): Promise<Begun | null> {
  const bytes = checkpoint?.fileBytes ?? 0;
  const reader = bytes === 0 ? null : await readKept(run, to, bytes);
  if (reader === null || checkpoint === null || reader.takenBytes !== bytes || reader.last !== checkpoint.at) {
    if (checkpoint !== null) run.forget();
    await to.begin(0);
    return null;
  }
  await to.begin(bytes);
  run.zxidBefore = reader.header?.zxid ?? run.zxidBefore;
  return { last: reader.last, nodes: reader.nodes, bytes, sum: reader.sum };
}

async function readKept(run: JobRun, to: ExportOutput, bytes: number): Promise<ExportReader | null> {
  const reader = new ExportReader(run.deps.tools);
  let left = bytes;
  run.begin('checking', null);
  try {
    for await (const chunk of to.kept()) {
      reader.push(chunk.subarray(0, left));
      left -= Math.min(left, chunk.length);
      run.meter.nodes = reader.nodes;
      run.touch();
      if (left === 0) break;
    }
  } catch (error) {
    if (error instanceof UsageError && error.code === 'BadExport') return null;
    throw error;
  }
  return reader;
}

class ExportWriter {
  readonly #run: JobRun;
  readonly #to: ExportOutput;
  readonly #sum: Sha256;
  /** Before compression. */
  #bytes: number;
  #unmarked = 0;
  #markedAtMs: number;

  constructor(run: JobRun, to: ExportOutput, sum: Sha256, bytes: number) {
    this.#run = run;
    this.#to = to;
    this.#sum = sum;
    this.#bytes = bytes;
    this.#markedAtMs = run.deps.clock.monotonicMs();
  }

  async begin(from: LiveSide, source: RecordSource): Promise<void> {
    const { options, deps, zxidBefore } = this.#run;
    const { server } = await this.#run.endpoint(from).client();
    const header = headerLine({
      version: FORMAT_VERSION,
      source: from.source.name,
      server: server === null ? null : `${server.host}:${server.port}`,
      root: from.path,
      atMs: deps.clock.wallMs(),
      zxid: zxidBefore,
      options: { ephemerals: options.ephemerals, acl: options.acl, kinds: source.kinds ? 'data-directory' : 'protocol' },
    });
    await this.#write(header);
  }

  async nodes(batches: AsyncIterable<readonly SourceEntry[]>): Promise<void> {
    for await (const batch of batches) {
      // With a rate, nodes go one by one; without, a whole batch is one write.
      let text = '';
      for (const entry of batch) {
        await this.#run.step();
        text += this.#line(entry);
        if (text.length < 64 * 1024 && this.#run.control.open) continue;
        await this.#write(text);
        text = '';
      }
      await this.#write(text);
      await this.#mark(batch);
    }
  }

  async end(): Promise<void> {
    const { meter, report, zxidAfter } = this.#run;
    const { ephemeral = 0, system = 0, unreadable = 0, vanished = 0 } = report.leftOut;
    const left = { ephemeral, system, unreadable, vanished };
    const { nodes, bytes } = this.#written;
    const trailer = trailerLine({ nodes, bytes, changed: report.changed, left, zxid: zxidAfter }, this.#sum);
    await this.#to.write(encodeUtf8(trailer));
    await this.#to.finish();
    meter.nodesTotal = meter.nodes;
  }

  get #written(): { readonly nodes: number; readonly bytes: number } {
    return { nodes: this.#run.report.counts.create, bytes: this.#run.meter.bytes };
  }

  #line(entry: SourceEntry): string {
    note(this.#run, entry);
    return isLeft(entry) ? '' : nodeLine(entry, this.#run.deps.tools.base64);
  }

  async #write(text: string): Promise<void> {
    if (text === '') return;
    const bytes = encodeUtf8(text);
    this.#sum.update(bytes);
    this.#bytes += bytes.length;
    await this.#to.write(bytes);
  }

  async #mark(batch: readonly SourceEntry[]): Promise<void> {
    const last = batch[batch.length - 1];
    this.#unmarked += batch.length;
    const sinceMs = this.#run.deps.clock.monotonicMs() - this.#markedAtMs;
    const due = (this.#unmarked >= MARK_NODES && sinceMs >= MARK_MS) || sinceMs >= MARK_MS_MAX;
    // The file's last node is what a resumption goes by.
    if (!due || last === undefined || isLeft(last) || !this.#run.log.keeps) return;
    this.#unmarked = 0;
    this.#markedAtMs = this.#run.deps.clock.monotonicMs();
    await this.#to.checkpoint();
    this.#run.checkpoint(last.path, [], this.#bytes);
  }
}

/** Counts a node. What is of interest, or all in a dry run, is told of. */
function note(run: JobRun, entry: SourceEntry): void {
  const { path, kind } = entry;
  if (isLeft(entry)) {
    const dull = { action: 'leave', differences: [], dataLength: 0 } as const;
    run.report.add({ ...dull, path, kind, reason: entry.left, message: entry.message }, true);
    run.meter.at = path;
    run.touch();
    return;
  }
  const dataLength = lengthOf(entry);
  const { dryRun } = run.options;
  if (entry.changed) run.report.changed++;
  if (entry.changed || entry.aclMasked || dryRun) {
    const reason = entry.changed ? 'changed' : entry.aclMasked ? 'aclMasked' : null;
    run.report.add({ path, action: 'create', differences: [], reason, message: null, kind, dataLength });
  } else run.report.count('create');
  run.count(path, dataLength);
}

async function takeNote(run: JobRun, entry: SourceEntry): Promise<void> {
  await run.step();
  note(run, entry);
}

const lengthOf = ({ data, stat }: NodeRecord): number => data?.length ?? stat?.dataLength ?? 0;
