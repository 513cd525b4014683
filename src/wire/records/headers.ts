/** What stands in front of every request and reply (facts 1.4). */

import { bool, buffer, int, long, record, ustring, type Infer } from '../jute/codec.ts';

export const RequestHeader = record('RequestHeader', { xid: int, type: int });
export type RequestHeader = Infer<typeof RequestHeader>;

export const ReplyHeader = record('ReplyHeader', { xid: int, zxid: long, err: int });
export type ReplyHeader = Infer<typeof ReplyHeader>;

/** Reserved xids (ClientCnxn). Normal requests count up from 1. */
export const Xid = { NOTIFICATION: -1, PING: -2, AUTH: -4, SET_WATCHES: -8 } as const;

export const WatcherEvent = record('WatcherEvent', { type: int, state: int, path: ustring });
export type WatcherEvent = Infer<typeof WatcherEvent>;

/** ErrorResponse, the body of failed parts of a multi and of addWatch. */
export const ErrorResponse = record('ErrorResponse', { err: int });

export const AuthPacket = record('AuthPacket', { type: int, scheme: ustring, auth: buffer });
export type AuthPacket = Infer<typeof AuthPacket>;

export const MultiHeader = record('MultiHeader', { type: int, done: bool, err: int });
export type MultiHeader = Infer<typeof MultiHeader>;
