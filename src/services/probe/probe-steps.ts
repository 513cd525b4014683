/** The layers of a connection test, one function each. Each ends with what it found; only cancellation is thrown. */

import type { CancelSignal } from '../../base/signal.ts';
import type { ZooKeeper } from '../../client/api.ts';
import { formatServer } from '../../client/connect-string.ts';
import type { ServerAddress } from '../../client/transport.ts';
import { CancelledError, KeeperError, ZooError } from '../../model/errors.ts';
import { formatId } from '../../model/zxid.ts';
import { addressBytes } from '../acl/ip-match.ts';
import { makeFailure, toFailure } from '../failure.ts';
import type { Ports } from '../ports.ts';
import { authInfoOf, type Credentials } from '../profiles/credentials.ts';
import { withTimeout } from '../util/cancel.ts';
import type { Ending } from './probe-report.ts';

const LATE = Symbol('late');

function failed(code: string, message: string): Ending {
  return { outcome: 'failed', detail: message, failure: makeFailure('weather', code, message) };
}

/** Does the host have an address? */
export async function checkName(
  { resolver, clock }: Ports,
  { host }: ServerAddress,
  timeoutMs: number,
  signal: CancelSignal,
): Promise<Ending> {
  if (addressBytes(host) !== null) return { outcome: 'ok', detail: 'an address, no name to look up' };
  const found = await withTimeout(clock, timeoutMs, signal, () => resolver.lookup(host), LATE);
  if (found === LATE) return failed('NameNotFound', `no answer for ${host} in ${timeoutMs} ms`);
  if (!found.ok) return failed('NameNotFound', `${host}: ${found.reason} (${found.code})`);
  if (found.addresses.length === 0) return failed('NameNotFound', `${host} has no address`);
  return { outcome: 'ok', detail: found.addresses.join(', ') };
}

/** Does something accept connections there? */
export async function checkSocket(
  { transport, clock }: Ports,
  server: ServerAddress,
  timeoutMs: number,
  signal: CancelSignal,
): Promise<Ending> {
  let close: () => void = () => undefined;
  const connect = (): Promise<string | null> =>
    new Promise((resolve) => {
      const connection = transport.connect(server, {
        onOpen: () => resolve(null),
        onData: () => undefined,
        onClose: (reason) => resolve(reason ?? 'closed at once'),
      });
      close = () => connection.close();
    });
  try {
    const reason = await withTimeout(clock, timeoutMs, signal, connect, LATE);
    if (reason === LATE) return failed('SocketTimeout', `no connection to ${formatServer(server)} in ${timeoutMs} ms`);
    return reason === null ? { outcome: 'ok', detail: 'connected' } : failed('SocketFailed', reason);
  } finally {
    close();
  }
}

/** Does the ensemble give a session? */
export async function checkSession(client: ZooKeeper, { clock }: Ports, timeoutMs: number, signal: CancelSignal): Promise<Ending> {
  const reasons: string[] = [];
  const stopListening = client.stateChanges.on(({ reason }) => {
    if (reason !== null) reasons.push(reason);
  });
  try {
    const late = await withTimeout(clock, timeoutMs, signal, (own) => client.ready({ signal: own }), LATE);
    if (late === LATE) return failed('NoSession', [`no session in ${timeoutMs} ms`, ...reasons.slice(-1)].join(': '));
  } catch (error) {
    return failureEnding(error);
  } finally {
    stopListening();
  }
  const { server, sessionId, sessionTimeoutMs, state } = client;
  const where = server === null ? '' : ` on ${formatServer(server)}`;
  const detail = `session ${formatId(sessionId)}${where}, timeout ${sessionTimeoutMs} ms`;
  if (state !== 'connectedReadOnly') return { outcome: 'ok', detail };
  const problem = 'the server has lost its quorum: it answers reads only';
  return { outcome: 'warning', detail: `${detail}; ${problem}`, failure: makeFailure('weather', 'NotReadOnly', problem) };
}

/** Are the credentials taken? No server checks a digest password until an ACL asks for it (facts 1.15). */
export async function checkAuth(
  client: ZooKeeper,
  { clock }: Ports,
  credentials: readonly Credentials[],
  timeoutMs: number,
  signal: CancelSignal,
): Promise<Ending> {
  for (const entry of credentials) {
    const { scheme, auth } = authInfoOf(entry);
    try {
      // A server that refuses ends the connection: that session is over when its time is up, without a goodbye.
      const late = await withTimeout(clock, timeoutMs, signal, (own) => client.addAuth(scheme, auth, { signal: own }), LATE);
      if (late === LATE) return failed('RequestTimeout', `no answer to the credentials of ${scheme} in ${timeoutMs} ms`);
    } catch (error) {
      return failureEnding(error);
    }
  }
  const names = credentials.map(({ scheme, user }) => (user === '' ? scheme : `${scheme}:${user}`)).join(', ');
  const isDigest = credentials.some(({ scheme }) => scheme === 'digest');
  const caveat = isDigest ? '; whether a digest password is right shows only at a node with an ACL' : '';
  return { outcome: 'ok', detail: `${names} accepted${caveat}` };
}

/** Can the root be read? If not, any path can still be opened: a warning. */
export async function checkRoot(client: ZooKeeper, { clock }: Ports, timeoutMs: number, signal: CancelSignal): Promise<Ending> {
  try {
    const found = await withTimeout(clock, timeoutMs, signal, (own) => client.getData('/', { signal: own }), LATE);
    if (found === LATE) return failed('OperationTimeout', `no answer from the root in ${timeoutMs} ms`);
    return { outcome: 'ok', detail: `${found.stat.numChildren} children` };
  } catch (error) {
    if (!(error instanceof KeeperError)) return failureEnding(error);
    if (error.code === 'NoAuth') {
      const detail = 'the root cannot be read with these credentials; other paths may be';
      return { outcome: 'warning', detail, failure: { ...toFailure(error, '/'), hint: 'hint.openPath' } };
    }
    if (error.code === 'NoNode' && client.chroot !== '') {
      const detail = `the chroot ${client.chroot} does not exist`;
      return { outcome: 'failed', detail, failure: { ...toFailure(error, '/'), message: detail, hint: 'hint.chroot' } };
    }
    return failureEnding(error);
  }
}

function failureEnding(error: unknown): Ending {
  if (error instanceof CancelledError || !(error instanceof ZooError)) throw error;
  return { outcome: 'failed', detail: error.message, failure: toFailure(error) };
}
