/** Saved connections (profiles) and open ones. */

import * as v from 'valibot';
import { command } from './define.ts';
import { ConnectionRef, Count, FailureShape, Id64 } from './shapes.ts';

export const COLOURS = ['grey', 'red', 'orange', 'yellow', 'green', 'teal', 'blue', 'purple', 'pink'] as const;
export const ENVIRONMENTS = ['production', 'staging', 'development', 'local'] as const;

/** One set of credentials, without its secret. */
export const AuthEntry = v.object({
  id: v.string(),
  scheme: v.string(),
  /** For digest: the user. */
  user: v.string(),
  /** Whether a secret is kept for it. */
  hasSecret: v.boolean(),
});

const ms = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

export const Profile = v.object({
  id: v.string(),
  name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200)),
  group: v.nullable(v.string()),
  colour: v.picklist(COLOURS),
  environment: v.picklist(ENVIRONMENTS),
  readOnly: v.boolean(),
  connectString: v.pipe(v.string(), v.trim(), v.minLength(1)),
  sessionTimeoutMs: ms(1_000, 3_600_000),
  connectTimeoutMs: ms(100, 600_000),
  /** Whether a server that lost its quorum will do. */
  canBeReadOnly: v.boolean(),
  /** The servers' jute.maxbuffer, bytes. */
  juteMaxBuffer: v.pipe(v.number(), v.integer(), v.minValue(1024)),
  auth: v.array(AuthEntry),
  /** Set for a connection to a local server that this app made. */
  labId: v.nullable(v.string()),
  lastOpenedMs: v.nullable(v.number()),
});
export type Profile = v.InferOutput<typeof Profile>;

/** A profile as the dialog sends it: no id for a new one; `secret` undefined keeps what is stored, null forgets it. */
export const ProfileDraft = v.object({
  ...v.omit(Profile, ['id', 'auth', 'labId', 'lastOpenedMs']).entries,
  id: v.nullable(v.string()),
  auth: v.array(
    v.object({
      id: v.nullable(v.string()),
      scheme: v.pipe(v.string(), v.minLength(1)),
      user: v.string(),
      secret: v.optional(v.nullable(v.string())),
    }),
  ),
});
export type ProfileDraft = v.InferOutput<typeof ProfileDraft>;

export const PROFILE_DEFAULTS = {
  name: '',
  group: null,
  colour: 'blue',
  environment: 'development',
  readOnly: false,
  connectString: '127.0.0.1:2181',
  sessionTimeoutMs: 30_000,
  connectTimeoutMs: 5_000,
  canBeReadOnly: false,
  juteMaxBuffer: 1_048_575,
  auth: [],
} as const;

export const SessionState = v.picklist(['connecting', 'connected', 'connectedReadOnly', 'expired', 'authFailed', 'closed']);

/** An open connection. After `expired` it stays, with its last state, until reopened or closed. */
export const ConnectionState = v.object({
  connectionId: v.string(),
  profileId: v.string(),
  name: v.string(),
  colour: v.picklist(COLOURS),
  environment: v.picklist(ENVIRONMENTS),
  readOnly: v.boolean(),
  chroot: v.string(),
  servers: v.array(v.string()),
  state: SessionState,
  /** The server it is, or was last, connected to. */
  server: v.nullable(v.string()),
  sessionId: Id64,
  sessionTimeoutMs: v.number(),
  lastZxid: Id64,
  /** Why it is in this state. */
  reason: v.nullable(v.string()),
  sinceMs: v.number(),
  juteMaxBuffer: v.number(),
  load: v.object({ inFlight: Count, queued: Count, watches: Count }),
  totals: v.object({ requests: Count, bytesOut: Count, bytesIn: Count }),
});
export type ConnectionState = v.InferOutput<typeof ConnectionState>;

export const TEST_STEPS = ['name', 'socket', 'session', 'auth', 'root'] as const;

/** One layer of a connection test; name and socket have a line for each server. */
export const TestStep = v.object({
  step: v.picklist(TEST_STEPS),
  server: v.nullable(v.string()),
  outcome: v.picklist(['running', 'ok', 'warning', 'failed', 'skipped']),
  detail: v.string(),
  failure: v.nullable(FailureShape),
  tookMs: v.nullable(v.number()),
});
export type TestStep = v.InferOutput<typeof TestStep>;

export const connectionCommands = {
  'profiles.list': command('read', v.object({}), v.array(Profile)),
  'profiles.save': command('admin', ProfileDraft, Profile),
  'profiles.remove': command('admin', v.object({ id: v.string() }), v.null()),
  /** Walks the layers; each step is also told by `profiles.testStep` while it runs. Cancellable. */
  'profiles.test': command('read', v.object({ testId: v.string(), draft: ProfileDraft }), v.array(TestStep)),
  /** Resolves at once, in state connecting or connected; the state then comes by events. */
  'connections.open': command('admin', v.object({ profileId: v.string() }), ConnectionState),
  'connections.close': command('admin', ConnectionRef, v.null()),
  /** A new session in the place of an ended one; same connectionId. */
  'connections.reopen': command('admin', ConnectionRef, ConnectionState),
  'connections.list': command('read', v.object({}), v.array(ConnectionState)),
  /** Adds credentials to the running session. */
  'connections.addAuth': command(
    'admin',
    v.object({ connectionId: v.string(), scheme: v.string(), user: v.string(), secret: v.string() }),
    v.null(),
  ),
};

export const connectionEvents = {
  'profiles.changed': v.array(Profile),
  'profiles.testStep': v.object({ testId: v.string(), index: v.number(), step: TestStep }),
  'connections.changed': ConnectionState,
  'connections.closed': ConnectionRef,
};
