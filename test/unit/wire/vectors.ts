/** The bytes that were captured from real servers (test/vectors/), and how each frame is made of records. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Codec } from '../../../src/wire/jute/codec.ts';
import { nothing } from '../../../src/wire/jute/codec.ts';
import { JuteReader } from '../../../src/wire/jute/jute-reader.ts';
import { JuteWriter } from '../../../src/wire/jute/jute-writer.ts';
import { OPERATIONS } from '../../../src/wire/operations.ts';
import { ConnectRequest, ConnectResponse } from '../../../src/wire/records/connect.ts';
import { ReplyHeader, RequestHeader, WatcherEvent } from '../../../src/wire/records/headers.ts';

export interface Vector {
  readonly file: string;
  readonly name: string;
  readonly direction: 'connectRequest' | 'connectResponse' | 'request' | 'response' | 'notification';
  readonly opcode?: number;
  readonly xid?: number;
  readonly zxid?: string;
  readonly err?: number;
  readonly hex: string;
}

const folder = fileURLToPath(new URL('../../vectors/', import.meta.url));

/** Every captured frame. */
export function loadVectors(): Vector[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => {
      const { entries } = JSON.parse(readFileSync(`${folder}${file}`, 'utf8')) as { entries: Omit<Vector, 'file'>[] };
      return entries.map((entry) => ({ ...entry, file }));
    });
}

export const bytesOf = (vector: Vector): Uint8Array => new Uint8Array(Buffer.from(vector.hex, 'hex'));

/** The records that a frame is made of, in order. */
export function codecsOf(vector: Vector): readonly Codec<unknown>[] {
  const as = (codec: unknown): Codec<unknown> => codec as Codec<unknown>;
  const op = OPERATIONS.get(vector.opcode ?? 0);
  switch (vector.direction) {
    case 'connectRequest':
      return [as(ConnectRequest)];
    case 'connectResponse':
      return [as(ConnectResponse)];
    case 'notification':
      return [as(ReplyHeader), as(WatcherEvent)];
    case 'request':
      return [as(RequestHeader), as(op?.request ?? nothing)];
    case 'response':
      // An error has no body (facts 1.4).
      return [as(ReplyHeader), as(vector.err === 0 ? (op?.response ?? nothing) : nothing)];
  }
}

/** @throws WireError */
export function readAll(codecs: readonly Codec<unknown>[], bytes: Uint8Array): { readonly values: unknown[]; readonly left: number } {
  const reader = new JuteReader(bytes);
  const values = codecs.map((codec) => codec.read(reader));
  return { values, left: reader.remaining };
}

export function writeAll(codecs: readonly Codec<unknown>[], values: readonly unknown[]): Uint8Array {
  const writer = new JuteWriter();
  codecs.forEach((codec, i) => codec.write(writer, values[i]));
  return writer.finish().slice();
}
