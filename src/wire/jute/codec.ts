/** Records as data: one description reads and writes a value, and gives its type. */

import { WireError } from '../../model/errors.ts';
import type { JuteReader } from './jute-reader.ts';
import type { JuteWriter } from './jute-writer.ts';

/** Both directions of one type. */
export interface Codec<T> {
  readonly name: string;
  /** The fewest bytes that a value takes on the wire. */
  readonly bytesMin: number;
  /** @throws WireError when the bytes are no such value */
  read(reader: JuteReader): T;
  write(writer: JuteWriter, value: T): void;
}

/** The type of the values that a codec reads and writes. */
export type Infer<C> = C extends Codec<infer T> ? T : never;

export const int: Codec<number> = {
  name: 'int',
  bytesMin: 4,
  read: (r) => r.int(),
  write: (w, v) => w.int(v),
};

export const long: Codec<bigint> = {
  name: 'long',
  bytesMin: 8,
  read: (r) => r.long(),
  write: (w, v) => w.long(v),
};

export const bool: Codec<boolean> = {
  name: 'boolean',
  bytesMin: 1,
  read: (r) => r.bool(),
  write: (w, v) => w.bool(v),
};

/** Bytes or null. */
export const buffer: Codec<Uint8Array | null> = {
  name: 'buffer',
  bytesMin: 4,
  read: (r) => r.buffer(),
  write: (w, v) => w.buffer(v),
};

/** Text or null. */
export const nullableUstring: Codec<string | null> = {
  name: 'ustring?',
  bytesMin: 4,
  read: (r) => r.ustring(),
  write: (w, v) => w.ustring(v),
};

/** Text; a null on the wire is refused. */
export const ustring: Codec<string> = {
  name: 'ustring',
  bytesMin: 4,
  read(r) {
    const text = r.ustring();
    if (text === null) throw new WireError(`null where text is needed, at offset ${r.offset - 4}`);
    return text;
  },
  write: (w, v) => w.ustring(v),
};

/** Text in which a null on the wire means the same as the empty one: kazoo writes every empty text as null. */
export const lenientUstring: Codec<string> = {
  name: 'ustring',
  bytesMin: 4,
  read: (r) => r.ustring() ?? '',
  write: (w, v) => w.ustring(v),
};

/** A vector or null. */
export function nullableVector<T>(element: Codec<T>): Codec<T[] | null> {
  return {
    name: `vector<${element.name}>?`,
    bytesMin: 4,
    read(r) {
      const count = r.count(element.bytesMin);
      if (count === null) return null;
      const out: T[] = new Array<T>(count);
      for (let i = 0; i < count; i++) out[i] = element.read(r);
      return out;
    },
    write(w, v) {
      if (v === null) {
        w.int(-1);
        return;
      }
      w.int(v.length);
      for (const item of v) element.write(w, item);
    },
  };
}

/** A vector; a null on the wire is read as an empty one. */
export function vector<T>(element: Codec<T>): Codec<readonly T[]> {
  const inner = nullableVector(element);
  return {
    name: `vector<${element.name}>`,
    bytesMin: 4,
    read: (r) => inner.read(r) ?? [],
    write(w, v) {
      w.int(v.length);
      for (const item of v) element.write(w, item);
    },
  };
}

type Fields = Readonly<Record<string, Codec<never>>>;
type AnyCodec = Codec<unknown>;
export type RecordOf<F> = { readonly [K in keyof F]: Infer<F[K]> };

/** A record: its fields in the order in which they are written here. */
export function record<const F extends Readonly<Record<string, unknown>>>(name: string, fields: F): Codec<RecordOf<F>> {
  const entries = Object.entries(fields as unknown as Fields) as unknown as (readonly [string, AnyCodec])[];
  const bytesMin = entries.reduce((sum, [, codec]) => sum + codec.bytesMin, 0);
  return {
    name,
    bytesMin,
    read(r) {
      const out: Record<string, unknown> = {};
      for (const [key, codec] of entries) out[key] = codec.read(r);
      return out as RecordOf<F>;
    },
    write(w, v) {
      for (const [key, codec] of entries) codec.write(w, (v as Record<string, unknown>)[key]);
    },
  };
}

/** A record with no fields. */
export const nothing: Codec<null> = {
  name: 'nothing',
  bytesMin: 0,
  read: () => null,
  write: () => undefined,
};
