/**
 * A file of nodes, whoever wrote it: its format by its first bytes, and all of it checked before anything is done with
 * it. In: a file. Out: what it says of itself, and its nodes in the one order.
 */

import { concatBytes } from '../../../base/bytes.ts';
import { decodeUtf8 } from '../../../base/text.ts';
import { wholeText } from '../foreign/whole-text.ts';
import { readZkShell } from '../foreign/zk-shell.ts';
import { readZkui } from '../foreign/zkui.ts';
import type { ExportInput, TransferTools } from '../ports.ts';
import type { NodeRecord } from '../record.ts';
import type { CheckedFile, CheckFile, FileFacts } from '../source.ts';
import { badExport } from './layout.ts';
import { readExport } from './read.ts';

/** So many bytes tell the format, white space before them included. */
const SNIFFED_BYTES = 4096;
/** Nodes of a foreign file that are given out at a time. */
const BATCH = 500;

/** Finds out a file's format and goes through it to its end. See CheckFile. */
export const checkFile: CheckFile = async (input, tools, onNodes) => {
  const format = await sniff(input);
  if (format === 'zooscope') return checkOwn(input, tools, onNodes);
  const text = await wholeText(input.chunks());
  const records = format === 'zkui' ? readZkui(text) : readZkShell(text, tools.base64);
  onNodes(records.length);
  return checkedForeign(format, records);
};

async function sniff(input: ExportInput): Promise<FileFacts['format']> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of input.chunks()) {
    parts.push(chunk.slice(0, SNIFFED_BYTES));
    length += chunk.length;
    if (length >= SNIFFED_BYTES) break;
  }
  if (length === 0) throw badExport(0, 'empty');
  const text = decodeUtf8(concatBytes(parts)).trimStart();
  // An object whose first key is a path; the header of an export of ours begins with another.
  if (/^\{\s*("\/|\}?$|\})/.test(text)) return 'zk_shell';
  if (text.startsWith('{')) return 'zooscope';
  if (/^(#|\/[^\n]*=|-\/)/.test(text)) return 'zkui';
  throw badExport(1, 'neither an export of Zooscope nor one of zk_shell (JSON) or zkui (path=name=value)');
}

async function checkOwn(input: ExportInput, tools: TransferTools, onNodes: (nodes: number) => void): Promise<CheckedFile> {
  let facts: FileFacts | null = null;
  let nodes = 0;
  let bytes = 0;
  for await (const part of readExport(input, tools)) {
    if (part.kind === 'nodes') {
      nodes += part.nodes.length;
      onNodes(nodes);
    } else if (part.kind === 'header') {
      const { source, root, atMs, zxid, options } = part.header;
      facts = { format: 'zooscope', source, root, atMs, zxid, kinds: options.kinds === 'data-directory', acls: options.acl };
    } else {
      bytes = part.trailer.bytes;
    }
  }
  if (facts === null) throw badExport(0, 'empty');
  return { facts, nodes, bytes, records: () => ownRecords(input, tools) };
}

/** The file may have been changed since it was checked, so that it is checked again on the way. */
async function* ownRecords(input: ExportInput, tools: TransferTools): AsyncGenerator<readonly NodeRecord[]> {
  for await (const part of readExport(input, tools)) if (part.kind === 'nodes') yield part.nodes;
}

function checkedForeign(format: 'zk_shell' | 'zkui', records: readonly NodeRecord[]): CheckedFile {
  const facts: FileFacts = { format, source: null, root: '/', atMs: null, zxid: null, kinds: false, acls: format === 'zk_shell' };
  const bytes = records.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
  return { facts, nodes: records.length, bytes, records: () => batches(records) };
}

async function* batches(records: readonly NodeRecord[]): AsyncGenerator<readonly NodeRecord[]> {
  for (let at = 0; at < records.length; at += BATCH) yield records.slice(at, at + BATCH);
}
