/**
 * An export read as a stream, and checked as it is read: order, parents, counts, checksum. In: chunks. Out: the
 * header, nodes in batches, the trailer. Must hold: what `readExport` has gone through to its end without throwing
 * is exactly what was written.
 */

import { decodeUtf8, encodeUtf8 } from '../../../base/text.ts';
import { compareRelative, isAtOrBelow, parentOf } from '../order.ts';
import type { ExportInput, Sha256, TransferTools } from '../ports.ts';
import type { NodeRecord } from '../record.ts';
import { badExport, CHECKSUM_KEY, TRAILER_START, type ExportHeader, type ExportTrailer } from './layout.ts';
import { LineSplitter } from './lines.ts';
import { fieldsOf, LineProblem, parseHeader, parseNode, parseTrailer } from './parse.ts';

/** What comes out of an export, in this order: one header, batches of nodes, one trailer. */
export type ExportPart =
  | { readonly kind: 'header'; readonly header: ExportHeader }
  | { readonly kind: 'nodes'; readonly nodes: readonly NodeRecord[] }
  | { readonly kind: 'trailer'; readonly trailer: ExportTrailer };

/**
 * Reads a whole export.
 *
 * @throws UsageError BadExport with the line and the reason: truncated, edited, of a newer format, no export at all
 */
export async function* readExport(input: ExportInput, tools: TransferTools): AsyncGenerator<ExportPart> {
  const reader = new ExportReader(tools);
  for await (const chunk of input.chunks()) yield* reader.push(chunk);
  reader.end();
}

/** Goes through an export to its end. @returns what it says of itself @throws UsageError BadExport */
export async function checkExport(
  input: ExportInput,
  tools: TransferTools,
): Promise<{ readonly header: ExportHeader; readonly trailer: ExportTrailer }> {
  let header: ExportHeader | null = null;
  let trailer: ExportTrailer | null = null;
  for await (const part of readExport(input, tools)) {
    if (part.kind === 'header') header = part.header;
    if (part.kind === 'trailer') trailer = part.trailer;
  }
  if (header === null || trailer === null) throw badExport(0, 'empty');
  return { header, trailer };
}

/** The reader itself, for those who bring the chunks. */
export class ExportReader {
  readonly #tools: TransferTools;
  readonly #sum: Sha256;
  readonly #lines = new LineSplitter();
  #line = 0;
  #header: ExportHeader | null = null;
  #last: string | null = null;
  #ended = false;
  /** What the nodes so far amount to. */
  nodes = 0;
  bytes = 0;
  changed = 0;
  /** Bytes up to the end of the last line that was taken. */
  takenBytes = 0;

  constructor(tools: TransferTools) {
    this.#tools = tools;
    this.#sum = tools.sha256();
  }

  get header(): ExportHeader | null {
    return this.#header;
  }

  /** The path of the last node. */
  get last(): string | null {
    return this.#last;
  }

  /** Whether the trailer has come. */
  get isWhole(): boolean {
    return this.#ended;
  }

  /** The checksum of what was taken, to be gone on with. */
  get sum(): Sha256 {
    return this.#sum;
  }

  /** @throws UsageError BadExport */
  push(chunk: Uint8Array): ExportPart[] {
    const out: ExportPart[] = [];
    let nodes: NodeRecord[] = [];
    for (const line of this.#lines.push(chunk)) {
      this.#line++;
      const part = this.#take(line);
      if (part.kind === 'node') {
        nodes.push(part.node);
        continue;
      }
      if (nodes.length > 0) out.push({ kind: 'nodes', nodes });
      nodes = [];
      out.push(part);
    }
    if (nodes.length > 0) out.push({ kind: 'nodes', nodes });
    return out;
  }

  /** No more chunks. @throws UsageError BadExport when it is not whole */
  end(): void {
    if (this.#ended && this.#lines.held === 0) return;
    const at = this.#line + 1;
    if (this.#ended) throw badExport(at, 'something stands behind the trailer');
    if (this.#header === null && this.#lines.held === 0) throw badExport(0, 'empty');
    throw badExport(at, 'truncated: the export ends here without its trailer');
  }

  #take(line: Uint8Array): ExportPart | { readonly kind: 'node'; readonly node: NodeRecord } {
    if (this.#ended) throw badExport(this.#line, 'something stands behind the trailer');
    try {
      const taken = this.#parse(decodeUtf8(line, 0, line.length - 1), line);
      this.takenBytes += line.length;
      return taken;
    } catch (error) {
      if (error instanceof LineProblem) throw badExport(this.#line, error.reason);
      throw error;
    }
  }

  #parse(text: string, line: Uint8Array): ExportPart | { readonly kind: 'node'; readonly node: NodeRecord } {
    if (this.#header === null) {
      const header = parseHeader(fieldsOf(text));
      this.#header = header;
      this.#sum.update(line);
      return { kind: 'header', header };
    }
    if (text.startsWith(TRAILER_START)) return { kind: 'trailer', trailer: this.#endWith(text) };
    const node = parseNode(fieldsOf(text), this.#tools.base64);
    this.#checkPlace(node.path);
    this.#sum.update(line);
    this.nodes++;
    this.bytes += node.data?.length ?? 0;
    if (node.changed) this.changed++;
    return { kind: 'node', node };
  }

  /** A node comes behind the one before it, and its parent has come. */
  #checkPlace(path: string): void {
    const last = this.#last;
    if (last === null) {
      if (path !== '') throw badExport(this.#line, 'the first node is not the root of the export');
    } else {
      if (compareRelative(last, path) >= 0) throw badExport(this.#line, `${path}: out of order`);
      // What came before in this order, and holds the parent, can only be the parent or below it.
      if (!isAtOrBelow(last, parentOf(path) ?? '')) throw badExport(this.#line, `${path}: its parent is missing`);
    }
    this.#last = path;
  }

  #endWith(text: string): ExportTrailer {
    const { sha256, ...trailer } = parseTrailer(fieldsOf(text));
    const covered = text.slice(0, text.lastIndexOf(CHECKSUM_KEY) + CHECKSUM_KEY.length);
    if (text !== `${covered}${sha256}"}`) throw badExport(this.#line, 'edited: the trailer does not end with its checksum');
    for (const name of ['nodes', 'bytes', 'changed'] as const) {
      if (trailer[name] === this[name]) continue;
      throw badExport(this.#line, `edited: the trailer says ${name}: ${trailer[name]}, what stands above amounts to ${this[name]}`);
    }
    this.#sum.update(encodeUtf8(covered));
    if (this.#sum.hex() !== sha256) throw badExport(this.#line, 'edited: the checksum does not match what stands above');
    this.#ended = true;
    return trailer;
  }
}
