/**
 * A document with a version, on a Store. What cannot be read (damaged, or written by a newer release) is moved
 * aside before anything is saved over it, and told.
 */

import * as v from 'valibot';
import type { Schema } from '../../contract/define.ts';
import { UsageError } from '../../model/errors.ts';
import type { Store } from '../ports.ts';
import type { Notices } from './notices.ts';

export interface DocumentSpec<T> {
  /** For people: "connections", "settings". */
  readonly title: string;
  /** Written as `schema`; a higher one is not understood. */
  readonly version: number;
  readonly schema: Schema<T>;
  readonly empty: T;
}

export interface StoredDocument<T> {
  /** What is there; read once, then kept. @throws UsageError StoreFailed when the store cannot be reached */
  get(): Promise<T>;
  /**
   * Changes it and saves it; changes come one after the other.
   *
   * @throws UsageError StoreFailed when it cannot be saved: the document is then as before
   */
  update(change: (now: T) => T): Promise<T>;
}

/** Opens a document; nothing is read before it is asked for. */
export function openDocument<T>(store: Store, notices: Notices, spec: DocumentSpec<T>): StoredDocument<T> {
  let loaded: Promise<T> | null = null;
  let turn: Promise<unknown> = Promise.resolve();

  const load = async (): Promise<T> => {
    try {
      return await read(store, notices, spec);
    } catch (error) {
      // Tried again by the next call. Until it can be read nothing is saved, so that nothing is lost.
      loaded = null;
      throw new UsageError('StoreFailed', `the ${spec.title} could not be read: ${reasonOf(error)}`);
    }
  };
  const get = (): Promise<T> => (loaded ??= load());
  const update = async (change: (now: T) => T): Promise<T> => {
    const next = change(await get());
    try {
      await store.save({ schema: spec.version, ...(next as object) });
    } catch (error) {
      throw new UsageError('StoreFailed', `the ${spec.title} could not be saved: ${reasonOf(error)}`);
    }
    loaded = Promise.resolve(next);
    return next;
  };
  return {
    get,
    update(change) {
      const mine = turn.then(() => update(change));
      turn = mine.catch(() => undefined);
      return mine;
    },
  };
}

async function read<T>(store: Store, notices: Notices, spec: DocumentSpec<T>): Promise<T> {
  const stored = await store.load();
  if (stored.kind === 'none') return spec.empty;
  if (stored.kind === 'damaged') return giveUp(store, notices, spec, 'StoredDocumentDamaged', stored.reason);
  const version = versionOf(stored.value);
  if (version !== null && version > spec.version) {
    const reason = `it was written by a newer release (schema ${version}, this one knows ${spec.version})`;
    return giveUp(store, notices, spec, 'StoredDocumentNewer', reason);
  }
  const result = v.safeParse(spec.schema, stored.value);
  if (result.success) return result.output;
  return giveUp(store, notices, spec, 'StoredDocumentDamaged', result.issues[0].message);
}

async function giveUp<T>(store: Store, notices: Notices, spec: DocumentSpec<T>, code: string, reason: string): Promise<T> {
  const place = await store.setAside();
  notices.add('error', code, `The saved ${spec.title} could not be read: ${reason}. They are kept as ${place}.`);
  return spec.empty;
}

function versionOf(value: unknown): number | null {
  const version = typeof value === 'object' && value !== null && 'schema' in value ? value.schema : null;
  return typeof version === 'number' ? version : null;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
