/** A foreign export as one text. Other programs write them out of memory, in no order: they are read the same way. */

import { concatBytes } from '../../../base/bytes.ts';
import { decodeUtf8, encodeUtf8 } from '../../../base/text.ts';
import { equalBytes } from '../../../base/bytes.ts';
import { badExport } from '../format/layout.ts';

/** The longest foreign export that is read, bytes, unpacked. It is held in memory, a few times over. */
export const FOREIGN_BYTES_MAX = 128 * 1024 * 1024;

/**
 * All of it.
 *
 * @throws UsageError BadExport when it is too long, or no UTF-8; what `chunks` throws
 */
export async function wholeText(chunks: AsyncIterable<Uint8Array>, bytesMax = FOREIGN_BYTES_MAX): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > bytesMax) throw badExport(0, `longer than ${bytesMax} bytes, the most that is read of another program's export`);
    parts.push(chunk.slice());
  }
  const bytes = concatBytes(parts);
  const text = decodeUtf8(bytes);
  if (text.includes('\ufffd') && !equalBytes(encodeUtf8(text), bytes)) throw badExport(lineOfBadByte(bytes), 'not UTF-8');
  return text;
}

/** Lines are apart by a byte that no UTF-8 sequence holds. */
function lineOfBadByte(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const found = bytes.indexOf(0x0a, start);
    const end = found < 0 ? bytes.length : found;
    const part = bytes.subarray(start, end);
    if (!equalBytes(encodeUtf8(decodeUtf8(part)), part)) return line;
    start = end + 1;
  }
  return 0;
}
