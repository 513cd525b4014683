/**
 * What servers tell each other in an election (facts 5.3; FastLeaderElection.buildMsg and its WorkerReceiver): three
 * generations of one message, told apart by their length.
 */

import { decodeUtf8, encodeUtf8 } from '../../base/text.ts';
import { epochOf } from '../../model/zxid.ts';
import { JuteReader } from '../jute/jute-reader.ts';
import { JuteWriter } from '../jute/jute-writer.ts';
import { QuorumWireError } from './quorum-wire-error.ts';

/** The sender's state (QuorumPeer.ServerState, by its ordinal). */
export const STATE = { looking: 0, following: 1, leading: 2, observing: 3 } as const;

export interface Notification {
  /** One of STATE; any other number is passed on as it came. */
  readonly state: number;
  /** The server voted for. */
  readonly leader: bigint;
  readonly zxid: bigint;
  /** The sender's round. */
  readonly round: bigint;
  /** The epoch of the server voted for. */
  readonly peerEpoch: bigint;
  /** 2 since 3.5. 0 where the message has no such field, or one that Apache does not read. */
  readonly version: number;
  /** The sender's configuration; null before version 2. */
  readonly config: string | null;
}

const OLDEST_BYTES = 28;
/** 3.4.6 and later send their version in it, but every reader takes a message of this length for one without. */
const UNVERSIONED_BYTES = 40;
const VERSIONED_BYTES = 40;
const WITH_CONFIG_BYTES = 44;
const VERSION_WITH_CONFIG = 2;

/** A notification of version 2, as every server since 3.5 sends it. The config must not be empty: see facts 5.3. */
export function encodeNotification(notification: Omit<Notification, 'version'> & { readonly config: string }): Uint8Array {
  const config = encodeUtf8(notification.config);
  const writer = new JuteWriter(WITH_CONFIG_BYTES + config.length);
  writeVote(writer, notification);
  writer.int(VERSION_WITH_CONFIG);
  writer.buffer(config);
  return writer.finish();
}

/** A notification of 40 bytes, as 3.4 sends it. */
export function encodeShortNotification(notification: Omit<Notification, 'version' | 'config'>): Uint8Array {
  const writer = new JuteWriter(UNVERSIONED_BYTES);
  writeVote(writer, notification);
  writer.int(1);
  return writer.finish();
}

/** A notification of 28 bytes, as the oldest servers send it. */
export function encodeOldestNotification(notification: Omit<Notification, 'version' | 'config' | 'peerEpoch'>): Uint8Array {
  const writer = new JuteWriter(OLDEST_BYTES);
  writer.int(notification.state);
  writer.long(notification.leader);
  writer.long(notification.zxid);
  writer.long(notification.round);
  return writer.finish();
}

function writeVote(writer: JuteWriter, { state, leader, zxid, round, peerEpoch }: Omit<Notification, 'version' | 'config'>): void {
  writer.int(state);
  writer.long(leader);
  writer.long(zxid);
  writer.long(round);
  writer.long(peerEpoch);
}

/**
 * Reads the payload of an election frame. Bytes after the configuration are left alone, as Apache leaves them.
 *
 * @throws QuorumWireError NotificationTooShort, NotificationTruncated, NotificationConfigLength
 */
export function decodeNotification(bytes: Uint8Array): Notification {
  const { length } = bytes;
  if (length < OLDEST_BYTES) throw new QuorumWireError('NotificationTooShort', `a notification of ${length} bytes`);
  const reader = new JuteReader(bytes);
  const vote = { state: reader.int(), leader: reader.long(), zxid: reader.long(), round: reader.long() };
  if (length === OLDEST_BYTES) return { ...vote, peerEpoch: BigInt(epochOf(vote.zxid)), version: 0, config: null };
  need(length, VERSIONED_BYTES);
  const peerEpoch = reader.long();
  if (length === UNVERSIONED_BYTES) return { ...vote, peerEpoch, version: 0, config: null };
  const version = reader.int();
  if (version < VERSION_WITH_CONFIG) return { ...vote, peerEpoch, version, config: null };
  need(length, WITH_CONFIG_BYTES);
  const configBytes = reader.int();
  if (configBytes < 0 || configBytes > length) {
    throw new QuorumWireError('NotificationConfigLength', `${configBytes} bytes of configuration in a notification of ${length}`);
  }
  need(length, WITH_CONFIG_BYTES + configBytes);
  return { ...vote, peerEpoch, version, config: decodeUtf8(reader.raw(configBytes)) };
}

function need(have: number, bytes: number): void {
  if (have >= bytes) return;
  throw new QuorumWireError('NotificationTruncated', `a notification of ${have} bytes, where ${bytes} are needed`);
}
