/**
 * Each ACL once, however many nodes have it (Apache's ReferenceCountedACLCache). Nodes hold a slot, a small number;
 * snapshots name the list by Apache's key, which counts up and is never used twice.
 */

import { invariant } from '../../base/invariant.ts';
import { ANYONE, equalAcls, OPEN_ACL, type Acl } from '../../model/acl.ts';
import type { SnapshotAcl } from '../txn/snapshot-content.ts';

/** The slot, and the key, of world:anyone with all rights; it is counted nowhere. */
export const OPEN_SLOT = -1;
export const OPEN_KEY = -1n;

/** What a node gets whose list a fuzzy snapshot lost, until the replay sets it: rights for nobody. */
const NOBODY: readonly Acl[] = [{ perms: 0, id: ANYONE }];

interface Entry {
  readonly key: bigint;
  readonly acl: readonly Acl[];
  users: number;
}

export class AclCache {
  readonly #entries: (Entry | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #slots = new Map<string, number>();
  readonly #keys = new Map<bigint, number>();
  #lastKey = 0n;
  /** The slot taken last: most creations in a row have the same list. */
  #recent = OPEN_SLOT;

  /** The greatest key given so far. */
  get lastKey(): bigint {
    return this.#lastKey;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** The slot of a list, with one user more. */
  take(acl: readonly Acl[]): number {
    const recent = this.#entries[this.#recent];
    if (recent !== undefined && equalAcls(recent.acl, acl)) {
      recent.users++;
      return this.#recent;
    }
    const slot = this.#slots.get(textOf(acl)) ?? this.#add(++this.#lastKey, acl);
    this.#entry(slot).users++;
    this.#recent = slot;
    return slot;
  }

  /** One user less; a list without users is dropped. */
  release(slot: number): void {
    if (slot === OPEN_SLOT) return;
    const entry = this.#entry(slot);
    entry.users--;
    if (entry.users <= 0) this.#drop(slot, entry);
  }

  acl(slot: number): readonly Acl[] {
    return slot === OPEN_SLOT ? OPEN_ACL : this.#entry(slot).acl;
  }

  key(slot: number): bigint {
    return slot === OPEN_SLOT ? OPEN_KEY : this.#entry(slot).key;
  }

  /** Every list and its key, as they are now. */
  all(): SnapshotAcl[] {
    const out: SnapshotAcl[] = [];
    for (const slot of this.#keys.values()) {
      const { key, acl } = this.#entry(slot);
      out.push({ key, acl });
    }
    return out;
  }

  /** Takes a list of a snapshot in, without users. */
  load(piece: SnapshotAcl): void {
    if (piece.key > this.#lastKey) this.#lastKey = piece.key;
    if (this.#keys.has(piece.key)) return;
    this.#add(piece.key, piece.acl);
  }

  /** The slot of a loaded key, with one user more. */
  takeKey(key: bigint): number {
    if (key === OPEN_KEY) return OPEN_SLOT;
    const slot = this.#keys.get(key) ?? this.#add(key, NOBODY);
    this.#entry(slot).users++;
    return slot;
  }

  /** Drops the lists that no node took while a snapshot was loaded. */
  purgeUnused(): void {
    for (const slot of [...this.#keys.values()]) {
      const entry = this.#entry(slot);
      if (entry.users <= 0) this.#drop(slot, entry);
    }
  }

  clear(): void {
    this.#entries.length = 0;
    this.#free.length = 0;
    this.#slots.clear();
    this.#keys.clear();
    this.#lastKey = 0n;
    this.#recent = OPEN_SLOT;
  }

  #add(key: bigint, acl: readonly Acl[]): number {
    const slot = this.#free.pop() ?? this.#entries.length;
    this.#entries[slot] = { key, acl, users: 0 };
    this.#keys.set(key, slot);
    // A stand-in for a lost list must not be found by those who ask for such a list.
    if (acl !== NOBODY) this.#slots.set(textOf(acl), slot);
    return slot;
  }

  #drop(slot: number, entry: Entry): void {
    this.#entries[slot] = undefined;
    this.#free.push(slot);
    this.#keys.delete(entry.key);
    const text = textOf(entry.acl);
    if (this.#slots.get(text) === slot) this.#slots.delete(text);
    if (this.#recent === slot) this.#recent = OPEN_SLOT;
  }

  #entry(slot: number): Entry {
    const entry = this.#entries[slot];
    invariant(entry !== undefined, `no ACL in slot ${slot} of ${this.#entries.length}`);
    return entry;
  }
}

/** One text for one list; lengths keep schemes and ids apart. */
function textOf(acl: readonly Acl[]): string {
  let out = '';
  for (const { perms, id } of acl) out += `${perms}:${id.scheme.length}:${id.scheme}:${id.id.length}:${id.id};`;
  return out;
}
