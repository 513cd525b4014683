/** The exports on this machine: what one says of itself, and names for new ones. */

import type { ExportFileInfo } from '../../../contract/transfer.ts';
import { UsageError } from '../../../model/errors.ts';
import type { ExportFiles, TransferPorts } from '../../ports.ts';
import { checkFile } from '../format/open.ts';
import { ExportReader } from '../format/read.ts';

const NAMES_TRIED_MAX = 1_000;
/** Of a file's name without its ending; file systems stop at 255 bytes. */
const STEM_CHARACTERS_MAX = 60;

/**
 * What an export says of itself, by its beginning where it is ours. It is checked to its end when a job reads it.
 *
 * @throws UsageError BadFileName, FileFailed, BadExport
 */
export async function readFileInfo({ files, tools }: TransferPorts, file: string): Promise<ExportFileInfo> {
  if (!files.isAbsolute(file)) throw new UsageError('BadFileName', `${file} is no absolute path`);
  const bytes = await files.bytes(file);
  const input = files.input(file);
  const reader = new ExportReader(tools);
  try {
    for await (const chunk of input.chunks()) {
      for (const part of reader.push(chunk)) {
        if (part.kind !== 'header') continue;
        const { source, root, atMs, zxid } = part.header;
        return { file, bytes, format: 'zooscope', source, root, atMs, zxid };
      }
    }
  } catch (error) {
    // Not ours, or broken: whoever knows the other formats says which.
    if (!(error instanceof UsageError) || error.code !== 'BadExport') throw error;
  }
  const { format, source, root, atMs, zxid } = (await checkFile(input, tools, () => undefined)).facts;
  return { file, bytes, format, source, root, atMs, zxid };
}

/** A name in the folder for exports that is not taken. @param ensemble for people @param path of the node */
export async function suggestFile(files: ExportFiles, ensemble: string, path: string, wallMs: number): Promise<string> {
  const stem = `${plain(ensemble)}${path === '/' ? '' : `-${plain(path)}`}`.slice(0, STEM_CHARACTERS_MAX);
  const name = `${files.folder}/${stem}-${dayOf(wallMs)}`;
  for (let i = 1; i <= NAMES_TRIED_MAX; i++) {
    const file = `${name}${i === 1 ? '' : `-${i}`}.jsonl.gz`;
    if (!(await files.exists(file))) return file;
  }
  throw new UsageError('FileExists', `${name}: a thousand exports of this name are there already`);
}

/** What every file system takes in a name. */
function plain(text: string): string {
  return text.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|-+$/g, '') || 'export';
}

const MS_PER_DAY = 86_400_000;
const DAYS_TO_EPOCH = 719_468;
const DAYS_PER_ERA = 146_097;

/** The UTC day as 2026-11-21 (days to civil date, proleptic Gregorian calendar). */
function dayOf(wallMs: number): string {
  const days = Math.floor(wallMs / MS_PER_DAY) + DAYS_TO_EPOCH;
  const era = Math.floor(days / DAYS_PER_ERA);
  const dayOfEra = days - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)}`;
}
