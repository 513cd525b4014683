/**
 * Transactions as the log and the quorum write them (facts 4.6; SerializeUtils.deserializeTxn, zookeeper.jute):
 * TxnHeader, the record of its type, and since 3.6 a TxnDigest. In: a Transaction or bytes. Out: the other.
 */

import { invariant } from '../../base/invariant.ts';
import type { Acl } from '../../model/acl.ts';
import { WireError } from '../../model/errors.ts';
import { ustring, vector, type Codec } from '../../wire/jute/codec.ts';
import { JuteReader } from '../../wire/jute/jute-reader.ts';
import { JuteWriter } from '../../wire/jute/jute-writer.ts';
import { AclRecord } from '../../wire/records/shared.ts';
import { DIGEST_VERSION } from './digest.ts';
import type { Transaction, TxnBody, TxnHeader } from './transaction.ts';

type TxnPart = Exclude<TxnBody, { readonly type: 14 | -10 | -11 }>;

const HEADER_BYTES = 32;
/** TxnDigest {int version, long treeDigest} */
const DIGEST_BYTES = 12;
const PART_BYTES_MIN = 8;
/** The parentCVersion of a create from before 3.4.0: count up from what the parent has. */
const NO_PARENT_CVERSION = -1;

const aclList: Codec<readonly Acl[]> = vector(AclRecord);
const pathList: Codec<readonly string[]> = vector(ustring);

/** Used for one transaction after another. */
const scratch = new JuteWriter(256);

/** The one that was encoded last: a leader needs it for its log and for each of its learners, one after the other. */
let last: { readonly txn: Transaction; readonly bytes: Uint8Array } | null = null;

/** The bytes that go into a log entry or a proposal. They must not be changed. */
export function encodeTransaction(txn: Transaction): Uint8Array {
  if (last?.txn === txn) return last.bytes;
  const bytes = transactionBytes(txn).slice();
  last = { txn, bytes };
  return bytes;
}


/** As encodeTransaction, without a copy: the bytes are good until the next transaction is encoded. */
export function transactionBytes(txn: Transaction): Uint8Array {
  if (last?.txn === txn) return last.bytes;
  // An Apache server that finds a check of its own in its log never starts again (ZOOKEEPER-2623).
  if (txn.body.type === 13) invariant(false, `a check outside a multi must not be logged: zxid ${txn.header.zxid}`);
  if (txn.body.type !== txn.header.type) invariant(false, `header says type ${txn.header.type}, body ${txn.body.type}`);
  const writer = scratch;
  writer.clear();
  writer.long(txn.header.sessionId);
  writer.int(txn.header.cxid);
  writer.long(txn.header.zxid);
  writer.long(txn.header.timeMs);
  writer.int(txn.header.type);
  writeBody(writer, txn.body);
  if (txn.digest !== null) {
    writer.int(DIGEST_VERSION);
    writer.long(txn.digest);
  }
  return writer.finish();
}

function writeBody(writer: JuteWriter, body: TxnBody): void {
  switch (body.type) {
    case 14:
      writer.int(body.parts.length);
      for (const part of body.parts) {
        const inner = new JuteWriter();
        writeBody(inner, part);
        writer.int(part.type);
        writer.buffer(inner.finish());
      }
      return;
    case -10:
      writer.int(body.timeoutMs);
      return;
    case -11:
      if (body.paths !== null) pathList.write(writer, body.paths);
      return;
    case -1:
      writer.int(body.err);
      return;
    default:
      writePathBody(writer, body);
  }
}

type PathBody = Extract<TxnBody, { readonly path: string }>;

function writePathBody(writer: JuteWriter, body: PathBody): void {
  writer.ustring(body.path);
  switch (body.type) {
    case 1:
    case 15:
      writer.buffer(body.data);
      aclList.write(writer, body.acl);
      writer.bool(body.ephemeral);
      writer.int(body.parentCVersion);
      return;
    case 19:
    case 21:
      writer.buffer(body.data);
      aclList.write(writer, body.acl);
      writer.int(body.parentCVersion);
      if (body.type === 21) writer.long(body.ttlMs);
      return;
    case 5:
    case 16:
      writer.buffer(body.data);
      writer.int(body.version);
      return;
    case 7:
      aclList.write(writer, body.acl);
      writer.int(body.version);
      return;
    case 13:
      writer.int(body.version);
      break;
    case 2:
    case 20:
  }
}

/**
 * Reads what encodeTransaction, or any Apache server since 3.3, wrote. Data is a view of the bytes, not a copy.
 * A check of its own is read, though Apache refuses it: it changes nothing.
 *
 * @throws WireError when the bytes are no transaction, or one of a type that is not known
 */
export function decodeTransaction(bytes: Uint8Array): Transaction {
  const reader = new JuteReader(bytes);
  const header: TxnHeader = {
    sessionId: reader.long(),
    cxid: reader.int(),
    zxid: reader.long(),
    timeMs: reader.long(),
    type: reader.int(),
  };
  return { header, body: readBody(bytes, reader, header.type), digest: readDigest(reader) };
}

function readBody(bytes: Uint8Array, reader: JuteReader, type: number): TxnBody {
  switch (type) {
    case 14:
      return readMulti(reader);
    case -10:
      return { type, timeoutMs: reader.int() };
    case -11:
      return { type, paths: readClosedPaths(bytes, reader) };
    default:
      return readPart(reader, type);
  }
}

/** Only the zxid of a transaction's bytes. @throws WireError when they are shorter than a header */
export function zxidOf(bytes: Uint8Array): bigint {
  if (bytes.length < HEADER_BYTES) throw new WireError(`a transaction of ${bytes.length} bytes`);
  return new JuteReader(bytes, 12).long();
}

function readDigest(reader: JuteReader): bigint | null {
  if (reader.remaining === 0) return null;
  if (reader.remaining < DIGEST_BYTES) {
    throw new WireError(`${reader.remaining} bytes after a transaction, which are no digest`);
  }
  const version = reader.int();
  const digest = reader.long();
  // Another version counts other fields: it cannot be compared with ours.
  return version === DIGEST_VERSION ? digest : null;
}

function readMulti(reader: JuteReader): TxnBody {
  const count = reader.count(PART_BYTES_MIN) ?? 0;
  const parts: TxnBody[] = [];
  for (let i = 0; i < count; i++) {
    const type = reader.int();
    const data = reader.buffer();
    if (data === null) throw new WireError(`part ${i} of a multi has no record`);
    parts.push(readPart(new JuteReader(data), type));
  }
  return { type: 14, parts };
}

function readPart(reader: JuteReader, type: number): TxnPart {
  switch (type) {
    case 1:
    case 15:
    case 19:
    case 21:
      return readCreate(reader, type);
    case 2:
    case 20:
      return { type, path: ustring.read(reader) };
    case 5:
    case 16:
      return { type, path: ustring.read(reader), data: reader.buffer(), version: reader.int() };
    case 7:
      return { type, path: ustring.read(reader), acl: aclList.read(reader), version: reader.int() };
    case 13:
      return { type, path: ustring.read(reader), version: reader.int() };
    case -1:
      return { type, err: reader.int() };
    default:
      throw new WireError(`a transaction of type ${type}, which is not known here`);
  }
}

function readCreate(reader: JuteReader, type: 1 | 15 | 19 | 21): TxnPart {
  const path = ustring.read(reader);
  const data = reader.buffer();
  const acl = aclList.read(reader);
  if (type === 1 || type === 15) {
    const ephemeral = reader.bool();
    const parentCVersion = reader.remaining === 0 ? NO_PARENT_CVERSION : reader.int();
    return { type, path, data, acl, ephemeral, parentCVersion };
  }
  const parentCVersion = reader.int();
  return type === 19
    ? { type, path, data, acl, parentCVersion }
    : { type, path, data, acl, parentCVersion, ttlMs: reader.long() };
}

/** Absent before 3.6 and with closeSessionTxn.enabled=false; then nothing, or only the digest, is left. */
function readClosedPaths(bytes: Uint8Array, reader: JuteReader): readonly string[] | null {
  if (reader.remaining === 0) return null;
  // A list of two paths in the 8 bytes that are left would be a list of two empty paths: it is the digest.
  const digestOnly = reader.remaining === DIGEST_BYTES && new JuteReader(bytes, reader.offset).int() === DIGEST_VERSION;
  return digestOnly ? null : pathList.read(reader);
}
