/**
 * The connection test: name and socket of every server, then one session, its credentials, and the root. In: the
 * dialog's draft. Out: the lines; each is told while it runs. Must hold: it leaves no session behind.
 */

import type { CancelSignal } from '../../base/signal.ts';
import type { ClientOptions, ZooKeeper } from '../../client/api.ts';
import { formatConnectString, formatServer, parseConnectString } from '../../client/connect-string.ts';
import type { ServerAddress } from '../../client/transport.ts';
import type { ProfileDraft, TestStep } from '../../contract/connections.ts';
import { clientOptionsOf } from '../connections/connections-service.ts';
import type { HandlersOf, Tell } from '../context.ts';
import type { Ports } from '../ports.ts';
import { credentialsOfDraft, type Credentials } from '../profiles/credentials.ts';
import { createCancel } from '../util/cancel.ts';
import { mapPooled } from '../util/pool.ts';
import { ProbeReport } from './probe-report.ts';
import { checkAuth, checkName, checkRoot, checkSession, checkSocket } from './probe-steps.ts';

const SERVERS_AT_ONCE_MAX = 8;
/** For one answer of a session that stands. */
const ANSWER_TIMEOUT_MS = 10_000;
const SESSION_TIMEOUT_MAX_MS = 60_000;

export interface ConnectionTestParts {
  readonly ports: Ports;
  readonly openClient: (options: ClientOptions) => ZooKeeper;
}

/**
 * Tests a connection from the outside in.
 *
 * @throws UsageError BadConnectString; CancelledError
 */
export async function testConnection(
  { ports, openClient }: ConnectionTestParts,
  draft: ProfileDraft,
  signal: CancelSignal,
  tell: (index: number, step: TestStep) => void,
): Promise<TestStep[]> {
  const target = parseConnectString(draft.connectString);
  const credentials = await credentialsOfDraft(ports.secrets, draft);
  const report = new ProbeReport(ports.clock, tell);
  const reached = await reachServers(ports, report, target.servers, draft.connectTimeoutMs, signal);
  if (reached.length === 0) {
    for (const step of ['session', 'auth', 'root'] as const) report.skip(step, null, 'no server can be reached');
    return report.steps;
  }
  // Without credentials at first, so that a refused password is told from a session that never came.
  const connectString = formatConnectString({ ...target, servers: reached });
  const client = openClient(clientOptionsOf(ports, { ...draft, connectString }, []));
  try {
    const sessionMs = Math.min(SESSION_TIMEOUT_MAX_MS, draft.connectTimeoutMs * (reached.length + 1));
    await walkSession(ports, report, client, credentials, sessionMs, signal);
  } finally {
    await client.close();
  }
  return report.steps;
}

/** Name and socket of each server. @returns those that accept connections */
async function reachServers(
  ports: Ports,
  report: ProbeReport,
  servers: readonly ServerAddress[],
  timeoutMs: number,
  parent: CancelSignal,
): Promise<ServerAddress[]> {
  const source = createCancel(parent);
  const { signal } = source;
  try {
    const reached = await mapPooled(servers, SERVERS_AT_ONCE_MAX, signal, async (server) => {
      const title = formatServer(server);
      const name = await report.run('name', title, () => checkName(ports, server, timeoutMs, signal));
      if (name.outcome === 'failed') {
        report.skip('socket', title, 'the name has no address');
        return [];
      }
      const socket = await report.run('socket', title, () => checkSocket(ports, server, timeoutMs, signal));
      return socket.outcome === 'ok' ? [server] : [];
    });
    return reached.flat();
  } finally {
    source.cancel();
    source.release();
  }
}

async function walkSession(
  ports: Ports,
  report: ProbeReport,
  client: ZooKeeper,
  credentials: readonly Credentials[],
  sessionMs: number,
  signal: CancelSignal,
): Promise<void> {
  const session = await report.run('session', null, () => checkSession(client, ports, sessionMs, signal));
  if (session.outcome === 'failed') {
    report.skip('auth', null, 'there is no session');
    report.skip('root', null, 'there is no session');
    return;
  }
  if (credentials.length === 0) {
    report.skip('auth', null, 'no credentials are set');
  } else {
    const auth = await report.run('auth', null, () => checkAuth(client, ports, credentials, ANSWER_TIMEOUT_MS, signal));
    if (auth.outcome === 'failed') {
      report.skip('root', null, 'the credentials were refused');
      return;
    }
  }
  await report.run('root', null, () => checkRoot(client, ports, ANSWER_TIMEOUT_MS, signal));
}

/** The handler of `profiles.test`. */
export function connectionTestHandlers(parts: ConnectionTestParts, tell: Tell): HandlersOf<'profiles.test'> {
  return {
    'profiles.test': ({ testId, draft }, { signal }) =>
      testConnection(parts, draft, signal, (index, step) => tell('profiles.testStep', { testId, index, step })),
  };
}
