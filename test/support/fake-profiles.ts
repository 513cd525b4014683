/** Saved connections and their open states, as the fake backend has them. */

import { PROFILE_DEFAULTS, type ConnectionState, type Profile } from '../../src/contract/connections.ts';

const HOUR_MS = 3_600_000;

function profile(id: string, name: string, fields: Partial<Profile>): Profile {
  return {
    ...PROFILE_DEFAULTS, id, name, auth: [], labId: null, lastOpenedMs: null,
    connectString: `zk1.${name}.internal:2181,zk2.${name}.internal:2181,zk3.${name}.internal:2181`, ...fields,
  };
}

/** Connections of every colour and environment. */
export function sampleProfiles(): Profile[] {
  const now = Date.now();
  return [
    profile('p1', 'orders', { group: 'Shop', colour: 'red', environment: 'production', lastOpenedMs: now - 3 * 60_000 }),
    profile('p2', 'orders-staging', { group: 'Shop', colour: 'orange', environment: 'staging', lastOpenedMs: now - 26 * HOUR_MS }),
    profile('p3', 'payments', {
      group: 'Shop', colour: 'purple', environment: 'production', readOnly: true, connectString: 'zk.payments.internal:2181/payments',
      auth: [{ id: 'a1', scheme: 'digest', user: 'reader', hasSecret: true }], lastOpenedMs: now - 50 * HOUR_MS,
    }),
    profile('p4', 'kafka-eu', { group: 'Streaming', colour: 'teal', environment: 'production', readOnly: true }),
    profile('p5', 'kafka-dev', { group: 'Streaming', colour: 'blue', environment: 'development', lastOpenedMs: now - 5 * HOUR_MS }),
    profile('p6', 'laptop', { colour: 'green', environment: 'local', connectString: '127.0.0.1:2181' }),
    profile('p7', 'a rather long name for a connection that somebody typed without thinking of us', {
      colour: 'grey', connectString: '[2001:db8::1]:2181,[2001:db8::2]:2181,[2001:db8::3]:2181,[2001:db8::4]:2181/with/a/chroot',
    }),
  ];
}

/** The state of a connection that has just come up. */
export function stateOf(from: Profile, connectionId: string): ConnectionState {
  const [hosts = '', ...rest] = from.connectString.split('/');
  return {
    connectionId, profileId: from.id, name: from.name, colour: from.colour, environment: from.environment, readOnly: from.readOnly,
    chroot: rest.length === 0 ? '' : `/${rest.join('/')}`, servers: hosts.split(','), state: 'connected', server: hosts.split(',')[1] ?? hosts,
    sessionId: 0x1000_0a3b_5c70_0004n, sessionTimeoutMs: from.sessionTimeoutMs, lastZxid: 0x7_0000_04d2n, reason: null, sinceMs: Date.now(),
    juteMaxBuffer: from.juteMaxBuffer, load: { inFlight: 0, queued: 0, watches: 3 }, totals: { requests: 128, bytesOut: 9_214, bytesIn: 481_220 },
  };
}
