/**
 * The AdminServer's `snapshot` and `restore` (facts 6.2; Commands.SnapshotCommand and RestoreCommand of 3.9): a whole
 * state out and in, for those who may do everything on the root, and seldom.
 */

import { encodeUtf8 } from '../../../base/text.ts';
import { Perms, type Id } from '../../../model/acl.ts';
import { UsageError } from '../../../model/errors.ts';
import type { AdminControl, StateCommandSettings } from '../admin-control.ts';
import type { AdminView } from '../admin-view.ts';
import type { HttpRequest, HttpResponse } from './exchange.ts';
import { printJson, type JsonObject } from './json.ts';

interface StateCommand {
  readonly names: readonly string[];
  readonly method: 'GET' | 'POST';
}

const SNAPSHOT: StateCommand = { names: ['snapshot', 'snap'], method: 'GET' };
const RESTORE: StateCommand = { names: ['restore', 'rest'], method: 'POST' };

export const STATE_COMMANDS: readonly StateCommand[] = [RESTORE, SNAPSHOT];

export function findStateCommand(name: string): StateCommand | undefined {
  return STATE_COMMANDS.find(({ names }) => names.includes(name));
}

/** One call in so many ms (RateLimiter). */
class Seldom {
  readonly #intervalMs: number;
  #lastMs: number | null = null;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  allows(nowMs: number): boolean {
    if (this.#lastMs !== null && nowMs <= this.#lastMs + this.#intervalMs) return false;
    this.#lastMs = nowMs;
    return true;
  }
}

const TOO_LARGE = 'TooLarge';
const ALL = [Perms.READ, Perms.WRITE, Perms.CREATE, Perms.DELETE, Perms.ADMIN];

export class StateCommands {
  readonly #server: AdminControl;
  readonly #settings: StateCommandSettings;
  readonly #snapshots: Seldom;
  readonly #restores: Seldom;

  constructor(server: AdminControl, settings: StateCommandSettings) {
    this.#server = server;
    this.#settings = settings;
    this.#snapshots = new Seldom(settings.intervalMs);
    this.#restores = new Seldom(settings.intervalMs);
  }

  /** Checks in Apache's order: who asks, whether it is on, whether it is too soon. */
  async answer(command: StateCommand, request: HttpRequest): Promise<HttpResponse> {
    const { view } = this.#server;
    if (view === null) return told(command, 503);
    const refusal = whyNot(view, request);
    if (refusal !== null) return told(command, refusal.status, {}, refusal.error);
    const { snapshotEnabled, restoreEnabled, withLastZxid } = this.#settings;
    if (command === SNAPSHOT ? !snapshotEnabled : !restoreEnabled) return told(command, 503);
    if (!withLastZxid) return told(command, 500);
    const { stats } = view;
    if (!(command === SNAPSHOT ? this.#snapshots : this.#restores).allows(this.#server.nowMs())) {
      stats.count(command === SNAPSHOT ? 'snapshot_rate_limited_count' : 'restore_rate_limited_count');
      return told(command, 429);
    }
    try {
      return command === SNAPSHOT ? await this.#snapshot(request) : await this.#restore(request);
    } catch (error) {
      stats.count(command === SNAPSHOT ? 'snapshot_error_count' : 'restore_error_count');
      this.#server.warn(`the AdminServer's ${command.names[0] ?? ''} failed`, error instanceof Error ? error.message : String(error));
      return told(command, error instanceof UsageError && error.code === TOO_LARGE ? 413 : 500);
    }
  }

  async #snapshot({ query }: HttpRequest): Promise<HttpResponse> {
    const { zxid, bytes, read } = await this.#server.takeSnapshot();
    const headers = { last_zxid: `0x${BigInt.asUintN(64, zxid).toString(16)}`, snapshot_size: String(bytes) };
    const streaming = query.get('streaming')?.toLowerCase() ?? 'true';
    if (streaming !== 'true') return { ...told(SNAPSHOT, 200), headers };
    return { status: 200, contentType: 'application/octet-stream', headers, body: read() };
  }

  async #restore({ body }: HttpRequest): Promise<HttpResponse> {
    const lastZxid = await this.#server.restore(atMost(body, this.#settings.restoreBytesMax));
    return told(RESTORE, 200, { last_zxid: lastZxid });
  }
}

async function* atMost(chunks: AsyncIterable<Uint8Array>, bytesMax: number): AsyncIterable<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new UsageError(TOO_LARGE, `the snapshot has more than ${bytesMax} bytes (zooscope.restoreBytesMax)`);
    yield chunk;
  }
}

function told({ names: [command = ''] }: StateCommand, status: number, fields: JsonObject = {}, error: string | null = null): HttpResponse {
  return { status, contentType: 'application/json', body: encodeUtf8(printJson({ ...fields, command, error })) };
}

/** The header is a scheme and, for those that have one, a credential (Commands.handleAuthentication, handleAuthorization). */
function whyNot({ access, tree }: AdminView, { authorization, remoteAddress }: HttpRequest): { status: number; error: string } | null {
  if (authorization === null) return { status: 401, error: 'Auth info is missing for the command' };
  const identities = identitiesOf(access, authorization, remoteAddress);
  if (identities.length === 0) return { status: 401, error: 'Not authenticated' };
  const acl = tree.node('/')?.acl ?? [];
  return ALL.every((perm) => access.allows(acl, perm, identities)) ? null : { status: 403, error: 'Not authorized' };
}

function identitiesOf(access: AdminView['access'], authorization: string, remoteAddress: string): readonly Id[] {
  const [scheme = '', credential, ...more] = authorization.split(' ');
  if (more.length > 0) return [];
  if (scheme === 'ip') return [{ scheme, id: remoteAddress }];
  return access.authenticate([], scheme, credential === undefined ? null : encodeUtf8(credential), remoteAddress) ?? [];
}
