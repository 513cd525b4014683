/**
 * Reads nodes of an ensemble, one part at a time: first what Stat and ACL say, then, when its length is known, the
 * data, many small ones in one multiRead. An answer that a node cannot be read is a result here, not a failure.
 */

import type { MultiReadOp, MultiResult, ZooKeeper } from '../../../client/api.ts';
import type { Acl } from '../../../model/acl.ts';
import { ErrorCode, errorText } from '../../../model/error-code.ts';
import { KeeperError } from '../../../model/errors.ts';
import type { Stat } from '../../../model/stat.ts';
import { isMasked } from '../../acl/rights.ts';
import { isWeather, type Endpoint } from '../endpoint.ts';
import type { LeftHead } from '../source.ts';
import { NameList, shortNames, type Names } from './name-list.ts';

/** A node that cannot be read. */
export interface Absent {
  readonly absent: 'vanished' | 'unreadable';
  readonly message: string | null;
}

export interface Head {
  readonly absent: null;
  readonly stat: Stat;
  /** Null where ACLs are not asked for. */
  readonly acl: readonly Acl[] | null;
  readonly masked: boolean;
}

export interface Data {
  readonly absent: null;
  readonly data: Uint8Array | null;
  readonly stat: Stat;
}

export interface Listing {
  readonly absent: null;
  readonly names: Names;
  /** Memory that they take, bytes. */
  readonly bytes: number;
}

/** One part of a node, for `readMany`. */
export interface Want {
  readonly path: string;
  readonly part: 'data' | 'names';
}

/** Parts in one multiRead at most, and the data that is expected back: a reply is read in one piece at both ends. */
const BATCH_PARTS_MAX = 64;
const BATCH_BYTES_MAX = 256 * 1024;
/** What a part of a multiRead takes besides its path, at most. */
const PART_BYTES = 24;
/** What a name takes in memory besides its characters. */
const NAME_BYTES = 24;
const GETDATA = 4;
const GETCHILDREN = 8;

export class NodeReader {
  readonly #endpoint: Endpoint;
  readonly #acls: boolean;
  #batchesFail = false;

  /** @param acls whether ACLs are read */
  constructor(endpoint: Endpoint, acls: boolean) {
    this.#endpoint = endpoint;
    this.#acls = acls;
  }

  /** Stat and ACL. @throws as Endpoint.read, but for answers */
  async head(path: string): Promise<Head | Absent> {
    try {
      if (this.#acls) {
        const { stat, acl } = await this.#endpoint.read('read', (client) => client.getACL(path));
        return { absent: null, stat, acl, masked: isMasked(acl) };
      }
      const { stat } = await this.#endpoint.read('read', (client) => client.exists(path));
      return stat === null ? VANISHED : { absent: null, stat, acl: null, masked: false };
    } catch (error) {
      return absentBy(error);
    }
  }

  /** The names of its children. @throws as Endpoint.read, but for answers */
  async names(path: string): Promise<Listing | Absent> {
    try {
      const { names, count } = await this.#endpoint.read('bulk', (client) => client.getChildrenRaw(path));
      return { absent: null, names: new NameList(names, count), bytes: names.length + count * 4 };
    } catch (error) {
      return absentBy(error);
    }
  }

  /** Data and the Stat that goes with it. @throws as Endpoint.read, but for answers */
  async data(path: string): Promise<Data | Absent> {
    try {
      const { data, stat } = await this.#endpoint.read('bulk', (client) => client.getData(path));
      return { absent: null, data, stat };
    } catch (error) {
      return absentBy(error);
    }
  }

  /** Whether several nodes may be asked for at once. */
  get batches(): boolean {
    return this.#endpoint.multiRead && !this.#batchesFail;
  }

  /** Data or children's names of several nodes, in their order. @throws as Endpoint.read, but for answers */
  async readMany(wants: readonly Want[]): Promise<readonly (Data | Listing | Absent)[]> {
    if (!this.batches || wants.length === 1) return this.#readEach(wants);
    const ops = wants.map(({ path, part }): MultiReadOp => ({ type: part === 'data' ? GETDATA : GETCHILDREN, request: { path, watch: false } }));
    const ask = (client: ZooKeeper): ReturnType<ZooKeeper['multiRead']> => client.multiRead(ops);
    try {
      const { results } = await this.#endpoint.read('bulk', ask);
      return wants.map(({ path }, i) => partOf(results[i], path));
    } catch (error) {
      // Something on the way does not carry replies of this length, or the server does not know the operation.
      if (!isWeather(error) && !(error instanceof KeeperError)) throw error;
      this.#batchesFail = true;
      return this.#readEach(wants);
    }
  }

  #readEach(wants: readonly Want[]): Promise<(Data | Listing | Absent)[]> {
    return Promise.all(wants.map(({ path, part }) => (part === 'data' ? this.data(path) : this.names(path))));
  }
}

function partOf(result: MultiResult | undefined, path: string): Data | Listing | Absent {
  if (result?.type === GETDATA) return { absent: null, data: result.data, stat: result.stat };
  if (result?.type === GETCHILDREN) {
    const bytes = result.children.reduce((sum, name) => sum + name.length * 2 + NAME_BYTES, 0);
    return { absent: null, names: shortNames(result.children), bytes };
  }
  const err = result?.type === -1 ? result.err : ErrorCode.MarshallingError;
  return err === ErrorCode.NoNode ? VANISHED : { absent: 'unreadable', message: `${errorText(err)}: ${path}` };
}

/** What a node that is left out is known by all the same. */
export function leftHead(head: Head | null): { readonly head?: LeftHead } {
  return head === null ? {} : { head: { stat: head.stat, acl: head.acl, aclMasked: head.masked } };
}

/** Gathers parts of nodes for `readMany` within the limits of one request. */
export class ReadBatch<T> {
  readonly #pathOf: (item: T) => string;
  readonly #requestBytesMax: number;
  readonly #send: (items: readonly T[]) => void;
  readonly #partsMax: number;
  #items: T[] = [];
  #replyBytes = 0;
  #requestBytes = 0;

  /** @param endpoint where the batches go */
  constructor(endpoint: Endpoint, pathOf: (item: T) => string, send: (items: readonly T[]) => void) {
    this.#pathOf = pathOf;
    this.#requestBytesMax = endpoint.requestBytesMax / 2;
    this.#partsMax = endpoint.multiRead ? BATCH_PARTS_MAX : 1;
    this.#send = send;
  }

  /** @param replyBytes what the reply takes, about */
  add(item: T, replyBytes: number): void {
    const requestBytes = this.#pathOf(item).length * 3 + PART_BYTES;
    const full =
      this.#replyBytes + replyBytes > BATCH_BYTES_MAX || this.#requestBytes + requestBytes > this.#requestBytesMax;
    if (full) this.flush();
    this.#items.push(item);
    this.#replyBytes += replyBytes;
    this.#requestBytes += requestBytes;
    if (this.#items.length >= this.#partsMax) this.flush();
  }

  /** Sends what was gathered. */
  flush(): void {
    if (this.#items.length === 0) return;
    const items = this.#items;
    this.#items = [];
    this.#replyBytes = 0;
    this.#requestBytes = 0;
    this.#send(items);
  }
}

const VANISHED: Absent = { absent: 'vanished', message: null };

/** What an answer of the server means for the reading of a node. @throws the error when it is no answer */
function absentBy(error: unknown): Absent {
  if (!(error instanceof KeeperError)) throw error;
  return error.number === ErrorCode.NoNode ? VANISHED : { absent: 'unreadable', message: error.message };
}
