/**
 * What a member does with its own clients' requests before anybody decides on them (LeaderRequestProcessor,
 * FollowerRequestProcessor): it sees whose session is a local one, and has it upgraded where an ephemeral node asks for
 * that. What comes from learners was screened there.
 */

import { encode } from '../../wire/jute/encode.ts';
import { int } from '../../wire/jute/codec.ts';
import { JuteReader } from '../../wire/jute/jute-reader.ts';
import { CreateRequest } from '../../wire/operations/create.ts';
import { MultiRequest } from '../../wire/operations/multi.ts';
import { isCreateMode, isEphemeral } from '../../model/create-mode.ts';
import { ErrorCode } from '../../model/error-code.ts';
import { WireError } from '../../model/errors.ts';
import { Op, type Request } from './request.ts';
import type { Sessions } from './sessions.ts';

export class Screening {
  readonly #sessions: Sessions;
  readonly #upgrades: boolean;

  /** @param upgrades localSessionsUpgradingEnabled */
  constructor(sessions: Sessions, upgrades: boolean) {
    this.#sessions = sessions;
    this.#upgrades = upgrades;
  }

  /** What the role is given in place of a request, in order: most often the request alone. */
  screen(request: Request): readonly Request[] {
    if (request.refusal !== undefined) return [request];
    const { local } = this.#sessions;
    if (local === null || !local.has(request.sessionId)) return [request];
    if (request.type === Op.createSession || request.type === Op.closeSession) return [{ ...request, local: true }];
    return wantsEphemeral(request) ? this.#upgraded(request) : [request];
  }

  /** Its session becomes the whole ensemble's first (QuorumZooKeeperServer.makeUpgradeRequest). */
  #upgraded(request: Request): readonly Request[] {
    const sessions = this.#sessions;
    if (!this.#upgrades) return [{ ...request, ephemeralRefusal: ErrorCode.EphemeralOnLocalSession }];
    const { sessionId, receivedMs } = request;
    const timeoutMs = sessions.local?.upgrade(sessionId) ?? null;
    if (timeoutMs === null) return [request];
    sessions.upgrading(sessionId, timeoutMs, receivedMs);
    const opening: Request = {
      connection: null, sessionId, cxid: 0, type: Op.createSession, body: encode(int, timeoutMs), identities: [], receivedMs,
    };
    return [opening, request];
  }
}

/**
 * Whether a request may create an ephemeral node (QuorumZooKeeperServer.checkUpgradeSession). createTTL is not looked
 * at, whatever its flags say; what cannot be read is refused by whoever decides.
 */
function wantsEphemeral({ type, body }: Request): boolean {
  try {
    if (type === Op.create || type === Op.create2) return makesEphemeral(CreateRequest.read(new JuteReader(body)).flags);
    if (type !== Op.multi) return false;
    for (const op of MultiRequest.read(new JuteReader(body))) {
      if (op.type !== Op.create && op.type !== Op.create2) continue;
      // The multi will fail there, so that what follows does not matter.
      if (!isCreateMode(op.request.flags)) return false;
      if (isEphemeral(op.request.flags)) return true;
    }
    return false;
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}

const makesEphemeral = (flags: number): boolean => isCreateMode(flags) && isEphemeral(flags);
