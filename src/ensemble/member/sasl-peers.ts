/**
 * SASL DIGEST-MD5 between members (facts 5.12; SaslQuorumAuthLearner, SaslQuorumAuthServer): who calls proves who it
 * is, and the called one that it knows the password too.
 */

import { NO_BYTES } from '../../base/bytes.ts';
import { ConfigError } from '../config/config-error.ts';
import { saslLogin, saslUsers } from '../config/jaas.ts';
import type { QuorumSaslSettings } from '../config/quorum-sasl-settings.ts';
import type { ServerEnvironment } from '../environment.ts';
import { WireError } from '../../model/errors.ts';
import { DigestMd5ClientExchange } from '../processors/auth/sasl/digest-md5-client.ts';
import { DigestMd5Exchange } from '../processors/auth/sasl/digest-md5.ts';
import { QUORUM_SERVICE } from '../processors/auth/sasl/digest-proof.ts';
import type { AuthEnd, AuthExchange, AuthProgress, PeerAuth } from '../replication/quorum/peer-auth.ts';
import { AUTH_STATUS, AuthPacketReader, encodeAuthPacket, type AuthPacket, type AuthStatus } from '../../wire/quorum/auth-packet.ts';

const GOES_ON: AuthProgress = { send: [], end: null };

/**
 * What zoo.cfg and the JAAS file say.
 *
 * @param jaas the text of the file; null when none is named
 * @throws ConfigError naming the section that is missing or not supported
 */
export function saslPeers(
  settings: QuorumSaslSettings, jaas: string | null, { random, digests, logger }: Pick<ServerEnvironment, 'random' | 'digests' | 'logger'>,
): PeerAuth {
  const { callerProves, demanded, serverSection, learnerSection } = settings;
  if (jaas === null) throw new ConfigError('quorum.auth.enableSasl=true: java.security.auth.login.config must name a JAAS file');
  const found = <T>(section: string, what: T | null): T => {
    if (what === null) throw new ConfigError(`quorum.auth.enableSasl=true: there is no section ${section} in the JAAS file`);
    return what;
  };
  const users = found(serverSection, saslUsers(jaas, serverSection, null));
  const { user, password } = found(learnerSection, saslLogin(jaas, learnerSection));
  if (digests.digest('MD5', NO_BYTES) === null) throw new ConfigError('SASL DIGEST-MD5 needs MD5, which this machine refuses');
  const tools = { random, digests, service: QUORUM_SERVICE };
  return {
    caller: callerProves ? () => new CallerExchange(new DigestMd5ClientExchange({ ...tools, user, password })) : null,
    called: () => new CalledExchange(new DigestMd5Exchange({ ...tools, users }), demanded, (reason) => {
      logger.log('warn', 'a server could not prove who it is, and is let in: quorum.auth.serverRequireSasl is false', { reason });
    }),
  };
}

const packet = (status: AuthStatus, token: Uint8Array): Uint8Array => encodeAuthPacket({ status, token });
const failed = (reason: string): AuthEnd => ({ passed: false, reason });

/** SaslQuorumAuthLearner.authenticate */
class CallerExchange implements AuthExchange {
  readonly #sasl: DigestMd5ClientExchange;
  readonly #reader = new AuthPacketReader();

  constructor(sasl: DigestMd5ClientExchange) {
    this.#sasl = sasl;
  }

  begin(): AuthProgress {
    return { send: [packet(AUTH_STATUS.inProgress, NO_BYTES)], end: null };
  }

  push(chunk: Uint8Array): AuthProgress {
    this.#reader.push(chunk);
    try {
      const next = this.#reader.next();
      return next === null ? GOES_ON : this.#answer(next);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return { send: [], end: failed(error.message) };
    }
  }

  giveUp(reason: string): AuthEnd {
    return failed(`it did not take the proof of who this server is: ${reason}`);
  }

  #answer({ status, token }: AuthPacket): AuthProgress {
    if (status === AUTH_STATUS.error) return { send: [], end: failed('it does not believe this server (user or password of the section for learners)') };
    const answer = this.#sasl.next(token);
    if (answer.kind === 'refused') return { send: [], end: failed(answer.reason) };
    if (answer.kind === 'response') {
      // Success without having seen a password is none.
      return status === AUTH_STATUS.success ? { send: [], end: failed('it asks for no password') } : { send: [packet(AUTH_STATUS.inProgress, answer.token)], end: null };
    }
    return { send: [], end: status === AUTH_STATUS.success ? { passed: true, rest: this.#reader.rest() } : failed('it goes on asking after its proof') };
  }
}

/** SaslQuorumAuthServer.authenticate */
class CalledExchange implements AuthExchange {
  readonly #sasl: DigestMd5Exchange;
  readonly #demanded: boolean;
  readonly #onTolerated: (reason: string) => void;
  readonly #reader = new AuthPacketReader();
  #proving = false;

  constructor(sasl: DigestMd5Exchange, demanded: boolean, onTolerated: (reason: string) => void) {
    this.#sasl = sasl;
    this.#demanded = demanded;
    this.#onTolerated = onTolerated;
  }

  begin(): AuthProgress {
    return GOES_ON;
  }

  push(chunk: Uint8Array): AuthProgress {
    this.#reader.push(chunk);
    if (!this.#proving) {
      const begins = this.#reader.begins();
      if (begins === null) return GOES_ON;
      if (!begins) return { send: [], end: this.#demanded ? failed('it does not prove who it is (quorum.auth.serverRequireSasl)') : this.#pass() };
      this.#proving = true;
    }
    return this.#prove();
  }

  giveUp(reason: string): AuthEnd {
    if (this.#demanded) return failed(`it does not prove who it is (quorum.auth.serverRequireSasl): ${reason}`);
    return this.#pass();
  }

  #prove(): AuthProgress {
    const send: Uint8Array[] = [];
    try {
      for (let next = this.#reader.next(); next !== null; next = this.#reader.next()) {
        const answer = this.#sasl.next(next.token);
        if (answer.kind === 'refused') return this.#refuse(send, answer.reason);
        if (answer.kind === 'done') return { send: [...send, packet(AUTH_STATUS.success, answer.token)], end: this.#pass() };
        send.push(packet(AUTH_STATUS.inProgress, answer.token));
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return this.#refuse(send, error.message);
    }
    return { send, end: null };
  }

  /** The other side is told, and goes by itself; whether it may stay is for this one to say all the same. */
  #refuse(before: readonly Uint8Array[], reason: string): AuthProgress {
    const send = [...before, packet(AUTH_STATUS.error, NO_BYTES)];
    if (this.#demanded) return { send, end: failed(reason) };
    this.#onTolerated(reason);
    return { send, end: this.#pass() };
  }

  #pass(): AuthEnd {
    return { passed: true, rest: this.#reader.rest() };
  }
}
