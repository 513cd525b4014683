/**
 * Between connections and stages: what admission lets in becomes a session, an identity or a request; what the
 * stages answer goes back to the connection that asked.
 */

import { encodeUtf8 } from '../base/text.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { ErrorCode } from '../model/error-code.ts';
import { formatId } from '../model/zxid.ts';
import { encodeFrame, part } from '../wire/framing.ts';
import { encode } from '../wire/jute/encode.ts';
import { int } from '../wire/jute/codec.ts';
import { SaslToken } from '../wire/operations/session.ts';
import { ConnectResponse, type ConnectRequest } from '../wire/records/connect.ts';
import { ReplyHeader, type AuthPacket } from '../wire/records/headers.ts';
import type { ClientConnection } from './client-connection.ts';
import type { Connections } from './connections.ts';
import type { Guards } from './guards.ts';
import type { Admitted } from './processors/admission.ts';
import { connectResponse, decideAttachment, type AttachFacts } from './processors/attach.ts';
import type { Access } from './processors/auth/access.ts';
import type { SaslDesk } from './processors/auth/sasl/sasl-desk.ts';
import { replyFrame } from './processors/reply/frames.ts';
import { operationLabel } from './processors/reply/labels.ts';
import type { Reply, Responder } from './processors/reply/responder.ts';
import { Op, needsCommit, type Request } from './processors/request.ts';
import type { Sessions } from './processors/sessions.ts';
import type { ServerStats } from './processors/stats.ts';
import type { ApplyResult } from './tree/api.ts';
import type { Transaction } from './txn/transaction.ts';

export interface FrontDeskParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly connections: Connections;
  readonly sessions: Sessions;
  /** Null: `sessions` knows which are alive. */
  readonly revalidate: Revalidate | null;
  readonly access: Access;
  readonly sasl: SaslDesk | null;
  readonly responder: Responder;
  readonly guards: Guards;
  readonly stats: ServerStats;
  /** Least and longest session timeout, in ms. */
  readonly timeouts: { readonly min: number; readonly max: number };
  readonly lastZxid: () => bigint;
  /** Of a read-only server; null otherwise. */
  readonly readOnly: AttachFacts['readOnly'];
  /** Hands a request to the first stage. */
  readonly submit: (request: Request) => void;
  /** The answer to a four-letter word, which may depend on the port that it is asked on. */
  readonly answerWord: (word: string, onSecurePort: boolean) => Promise<string>;
}

/** Asks whether a session is alive, and has it count as heard of here. */
export type Revalidate = (sessionId: bigint, timeoutMs: number, answer: (valid: boolean) => void) => void;

const NO_BODY = new Uint8Array(0);
const WORD_BYTES = 4;

export class FrontDesk {
  readonly #parts: FrontDeskParts;

  constructor(parts: FrontDeskParts) {
    this.#parts = parts;
  }

  /** One thing that a connection asked for. */
  admitted(connection: ClientConnection, what: Admitted): void {
    const { stats } = this.#parts;
    if (what.kind !== 'close') {
      stats.packetsReceived++;
      connection.stats.received++;
    }
    switch (what.kind) {
      case 'request':
        this.#request(connection, what.xid, what.type, what.body);
        return;
      case 'connect':
        this.#connect(connection, what.request);
        return;
      case 'auth':
        this.#authenticate(connection, what.xid, what.packet);
        return;
      case 'sasl':
        this.#sasl(connection, what.xid, what.token);
        return;
      case 'unknown':
        if (this.#turnAway(connection, what.xid)) return;
        this.#send(connection, replyFrame(what.xid, -1n, ErrorCode.Unimplemented));
        connection.end();
        return;
      case 'word':
        stats.count('bytes_received_count', WORD_BYTES);
        void this.#word(connection, what.word);
        return;
      case 'close':
        this.#parts.logger.log('debug', 'connection closed', { remote: connection.remoteAddress, reason: what.reason });
        connection.destroy();
    }
  }

  /** The server itself closes a session, because its time is up. */
  expire(sessionId: bigint): void {
    this.#parts.stats.count('stale_sessions_expired');
    this.#parts.submit(this.#ownRequest(sessionId, Op.closeSession, NO_BODY));
  }

  /** The server itself takes a container or TTL node away. */
  deleteContainer(path: string): void {
    this.#parts.stats.count('ttl_node_deleted_count');
    this.#parts.submit(this.#ownRequest(0n, Op.deleteContainer, encodeUtf8(path)));
  }

  /** The turn has come of a read, or of the beginning or end of a session without a transaction. */
  answer(request: Request): void {
    if (request.type === Op.createSession || request.type === Op.closeSession) {
      this.#answerSession(request);
      return;
    }
    const connection = this.#waiting(request);
    if (connection === undefined) return;
    this.#reply(connection, request, this.#parts.responder.read(connection.key, request));
  }

  /** A write was applied. */
  committed(request: Request, result: ApplyResult): void {
    const connection = this.#waiting(request);
    if (request.type === Op.createSession) {
      if (connection !== undefined) this.#opened(connection, request);
      return;
    }
    if (connection === undefined) return;
    const reply = this.#parts.responder.written(request, result);
    // A multi is answered without an error, whatever became of its parts.
    const moved = result.type === Op.multi && result.parts.some(({ err }) => err === ErrorCode.SessionMoved);
    this.#reply(connection, request, moved ? { ...reply, err: ErrorCode.SessionMoved } : reply);
    if (request.type === Op.closeSession) connection.end();
  }

  /** A request was given up before it came to anything. */
  dropped(request: Request): void {
    this.#waiting(request)?.answered();
  }

  /** A transaction was applied and answered, whoever asked for it. */
  applied({ header: { sessionId }, body }: Transaction): void {
    const { sessions, clock } = this.#parts;
    if (body.type === Op.createSession) sessions.opened(sessionId, body.timeoutMs, clock.monotonicMs());
    else if (body.type === Op.closeSession) this.#closed(sessionId);
  }

  /** A session of this server alone begins, or is over. */
  #answerSession(request: Request): void {
    const { sessionId, type } = request;
    const connection = this.#waiting(request);
    if (type === Op.closeSession) {
      if (connection !== undefined) {
        this.#reply(connection, request, this.#parts.responder.read(connection.key, request));
        connection.end();
      }
      this.#closed(sessionId);
    } else if (connection !== undefined) {
      this.#opened(connection, request);
    }
  }

  #request(connection: ClientConnection, xid: number, type: number, body: Uint8Array): void {
    const { sessions, stats, clock, guards } = this.#parts;
    const receivedMs = clock.monotonicMs();
    stats.count('bytes_received_count', body.length + 12);
    if (this.#turnAway(connection, xid)) return;
    // A session that is being closed, or is gone, is not listened to any more; its connection is about to end.
    if (!sessions.touch(connection.sessionId, connection.timeoutMs, receivedMs)) return;
    if (!guards.largeRequests.take(body.length)) {
      stats.count('large_requests_rejected');
      connection.destroy();
      return;
    }
    connection.outstanding++;
    this.#parts.submit({
      connection: connection.key,
      sessionId: connection.sessionId,
      cxid: xid,
      type,
      body,
      identities: connection.identities,
      receivedMs,
    });
  }

  /** Who has not proved anything where that is demanded is told so, and goes. */
  #turnAway(connection: ClientConnection, xid: number): boolean {
    const { guards, logger } = this.#parts;
    if (guards.hasProved(connection.identities)) return false;
    logger.log('warn', 'a request before the authentication that is demanded', { remote: connection.remoteAddress });
    this.#send(connection, replyFrame(xid, 0n, ErrorCode.SessionClosedRequireSaslAuth));
    connection.end();
    return true;
  }

  #connect(connection: ClientConnection, request: ConnectRequest): void {
    const { sessions, connections, clock, stats, timeouts, logger, guards, readOnly } = this.#parts;
    const fresh = sessions.local === null ? 'global' : 'local';
    if (!guards.mayJoin(request.sessionId === 0n ? fresh : 'renew', clock.monotonicMs())) {
      stats.count('connection_rejected');
      connection.destroy();
      return;
    }
    stats.count('connection_request_count');
    const facts: AttachFacts = { lastZxid: this.#parts.lastZxid(), minTimeoutMs: timeouts.min, maxTimeoutMs: timeouts.max, readOnly };
    const decision = decideAttachment(request, facts);
    if (decision.kind === 'close') {
      logger.log('info', 'connection closed', { remote: connection.remoteAddress, reason: decision.reason });
      connection.destroy();
      return;
    }
    connection.withReadOnly = request.readOnly !== null;
    connection.timeoutMs = decision.timeoutMs;
    const nowMs = clock.monotonicMs();
    if (decision.kind === 'create') {
      connection.sessionId = sessions.newId();
      sessions.local?.open(connection.sessionId, decision.timeoutMs, nowMs);
      connection.connecting = true;
      connection.outstanding++;
      this.#parts.submit({
        ...this.#ownRequest(connection.sessionId, Op.createSession, encode(int, decision.timeoutMs)),
        connection: connection.key,
      });
      return;
    }
    connections.ofSession(decision.sessionId)?.destroy();
    stats.count('connection_revalidate_count');
    const { sessionId, timeoutMs, passwordFits } = decision;
    const { revalidate } = this.#parts;
    if (!passwordFits || revalidate === null || sessions.local?.has(sessionId) === true) {
      this.#attach(connection, sessionId, passwordFits && sessions.touch(sessionId, timeoutMs, nowMs));
      return;
    }
    connection.connecting = true;
    revalidate(sessionId, timeoutMs, (valid) => {
      connection.connecting = false;
      if (connection.ended) return;
      if (valid) sessions.confirmed(sessionId, timeoutMs, this.#parts.clock.monotonicMs());
      this.#attach(connection, sessionId, valid);
      connection.pump();
    });
  }

  /** The client has come back with a session that lives, or that is gone. */
  #attach(connection: ClientConnection, sessionId: bigint, valid: boolean): void {
    if (!valid) {
      this.#send(connection, this.#connectFrame(connection, null));
      connection.end();
      return;
    }
    connection.sessionId = sessionId;
    this.#parts.connections.attach(connection);
    this.#sendSession(connection);
  }

  /** The new session is durable: its client may know of it. */
  #opened(connection: ClientConnection, request: Request): void {
    this.#parts.connections.attach(connection);
    connection.connecting = false;
    this.#sendSession(connection);
    this.#count(connection, request, this.#parts.lastZxid());
    connection.pump();
  }

  #sendSession(connection: ClientConnection): void {
    const session = { id: connection.sessionId, timeoutMs: connection.timeoutMs };
    this.#send(connection, this.#connectFrame(connection, session));
  }

  #connectFrame({ withReadOnly }: ClientConnection, session: Parameters<typeof connectResponse>[0]): Uint8Array {
    return encodeFrame(part(ConnectResponse, connectResponse(session, withReadOnly, this.#parts.readOnly !== null)));
  }

  /** The session is over; whoever still speaks for it is closed. */
  #closed(sessionId: bigint): void {
    const { sessions, connections, logger } = this.#parts;
    sessions.remove(sessionId);
    const holder = connections.ofSession(sessionId);
    if (holder === undefined || holder.ended) return;
    logger.log('info', 'session expired', { session: formatId(sessionId) });
    holder.end();
  }

  #authenticate(connection: ClientConnection, xid: number, packet: AuthPacket): void {
    const { access, stats, logger } = this.#parts;
    const identities = access.authenticate(
      connection.identities, packet.scheme, packet.auth, connection.remoteAddress, connection.certificateOwner,
    );
    if (identities === null) {
      stats.count('auth_failed_count');
      logger.log('warn', 'authentication failed', { remote: connection.remoteAddress, scheme: packet.scheme });
      this.#send(connection, replyFrame(xid, 0n, ErrorCode.AuthFailed));
      connection.end();
      return;
    }
    connection.identities = identities;
    this.#send(connection, replyFrame(xid, 0n, 0));
  }

  /** Without a mechanism set up, Apache's server answers a null token; asked with one, it stumbles and closes. */
  #sasl(connection: ClientConnection, xid: number, token: Uint8Array | null): void {
    const { sasl, stats, logger, guards: { saslRequired } } = this.#parts;
    if (token === null) {
      connection.destroy();
      return;
    }
    const answer = sasl === null ? null : sasl.next(connection, token);
    if (answer?.kind === 'refused') {
      logger.log('warn', 'SASL authentication failed', { remote: connection.remoteAddress, reason: answer.reason });
      if (sasl?.failedMayStay !== true || saslRequired) {
        stats.count('auth_failed_count');
        const err = saslRequired ? ErrorCode.SessionClosedRequireSaslAuth : ErrorCode.AuthFailed;
        const header = { xid, zxid: 0n, err };
        this.#send(connection, encodeFrame(part(ReplyHeader, header), part(SaslToken, { token: null })));
        connection.end();
        return;
      }
    }
    const reply = answer === null || answer.kind === 'refused' ? null : answer.token;
    this.#send(connection, replyFrame(xid, 0n, 0, SaslToken, { token: reply }));
  }

  async #word(connection: ClientConnection, word: string): Promise<void> {
    const text = await this.#parts.answerWord(word, connection.onSecurePort);
    this.#parts.stats.packetsSent++;
    connection.sendText(encodeUtf8(text));
    connection.end();
  }

  #ownRequest(sessionId: bigint, type: number, body: Uint8Array): Request {
    const receivedMs = this.#parts.clock.monotonicMs();
    return { connection: null, sessionId, cxid: 0, type, body, identities: [], receivedMs };
  }

  /** Who waits for the answer; undefined when nobody does, or nobody any more. */
  #waiting(request: Request): ClientConnection | undefined {
    if (request.connection === null) return undefined;
    this.#parts.guards.largeRequests.done(request.body.length);
    const connection = this.#parts.connections.settle(request.connection);
    if (connection?.ended !== true) return connection;
    connection.outstanding--;
    return undefined;
  }

  #reply(connection: ClientConnection, request: Request, reply: Reply): void {
    // Its client is at another server by now (ZOOKEEPER-710): this connection has nothing more to say.
    if (reply.err === ErrorCode.SessionMoved) {
      connection.end();
      return;
    }
    const { stats } = this.#parts;
    this.#send(connection, reply.frame);
    stats.replySizes.add(reply.frame.length - 4);
    stats.count('response_bytes', reply.frame.length);
    this.#count(connection, request, reply.zxid);
  }

  #send(connection: ClientConnection, frame: Uint8Array): void {
    this.#parts.stats.packetsSent++;
    connection.send(frame);
  }

  /** Books an answer in the statistics. */
  #count(connection: ClientConnection, request: Request, zxid: bigint): void {
    const { stats, clock } = this.#parts;
    const latencyMs = clock.monotonicMs() - request.receivedMs;
    stats.latency.add(latencyMs);
    (needsCommit(request) ? stats.updates : stats.reads).add(latencyMs);
    connection.stats.answered(operationLabel(request.type), request.cxid, zxid, latencyMs, clock.wallMs());
    connection.answered();
  }
}
