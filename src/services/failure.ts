/**
 * Errors as they cross to the view: whole. In: anything thrown. Out: a Failure with the layer that failed and what
 * to try. What is not one of our errors is a bug, and says so.
 */

import type { Hint } from '../contract/hints.ts';
import type { Failure, FailureLayer } from '../contract/shapes.ts';
import { KeeperError, UsageError, ZooError, type Reason } from '../model/errors.ts';

interface Row {
  readonly layer: FailureLayer;
  readonly hint: Hint | null;
}

const row = (layer: FailureLayer, hint: Hint | null): Row => ({ layer, hint });

/** By the error's code: codes of the server (model/error-code.ts), of the client, and of the services. */
const ROWS: Readonly<Record<string, Row>> = {
  // Answers of the server.
  NoNode: row('node', 'hint.refresh'),
  NodeExists: row('node', 'hint.chooseOtherName'),
  NotEmpty: row('node', 'hint.children'),
  BadVersion: row('node', 'hint.compare'),
  NoChildrenForEphemerals: row('node', 'hint.checkPath'),
  QuotaExceeded: row('node', 'hint.quota'),
  NoAuth: row('permission', 'hint.addAuth'),
  InvalidAcl: row('request', 'hint.checkAcl'),
  AuthFailed: row('auth', 'hint.checkCredentials'),
  SessionClosedRequireSaslAuth: row('auth', 'hint.checkCredentials'),
  SessionExpired: row('session', 'hint.reopen'),
  UnknownSession: row('session', 'hint.reopen'),
  SessionMoved: row('session', 'hint.retry'),
  NotReadOnly: row('session', 'hint.noQuorum'),
  EphemeralOnLocalSession: row('session', null),
  Unimplemented: row('request', 'hint.olderServer'),
  ReconfigDisabled: row('request', 'hint.olderServer'),
  MarshallingError: row('request', 'hint.olderServer'),
  BadArguments: row('request', 'hint.checkPath'),
  NoWatcher: row('request', 'hint.refresh'),
  ThrottledOp: row('request', 'hint.later'),
  OperationTimeout: row('session', 'hint.lookThenRetry'),
  RequestTimeout: row('session', 'hint.lookThenRetry'),
  SystemError: row('request', 'hint.later'),
  RuntimeInconsistency: row('request', 'hint.retry'),
  // The connection and the session.
  ConnectionLoss: row('socket', 'hint.lookThenRetry'),
  Malformed: row('session', 'hint.checkServer'),
  NameNotFound: row('name', 'hint.checkName'),
  SocketFailed: row('socket', 'hint.checkPort'),
  SocketTimeout: row('socket', 'hint.checkPort'),
  NoSession: row('session', 'hint.checkServer'),
  NotServing: row('session', 'hint.notServing'),
  ServerSilent: row('session', 'hint.checkServer'),
  // Refused here.
  BadConnectString: row('request', 'hint.checkConnectString'),
  BadPath: row('request', 'hint.checkPath'),
  InvalidPath: row('request', 'hint.checkPath'),
  RequestTooLarge: row('request', 'hint.tooBig'),
  QueueFull: row('request', 'hint.later'),
  TooManyCalls: row('app', 'hint.later'),
  WatchConflict: row('request', 'hint.olderServer'),
  TooManyWatches: row('app', null),
  TooManyConnections: row('app', null),
  Closed: row('session', 'hint.reopen'),
  UnknownConnection: row('app', 'hint.reopen'),
  UnknownProfile: row('app', null),
  UnknownWatch: row('app', null),
  UnknownLab: row('app', null),
  NameMismatch: row('request', null),
  TooManyLabs: row('app', null),
  LabRuns: row('request', null),
  PortTaken: row('request', null),
  NoZooKeeper: row('request', null),
  NoJava: row('request', null),
  PreviewUnknown: row('request', 'hint.newPreview'),
  MaskedAcl: row('permission', 'hint.addAuth'),
  BadTtl: row('request', null),
  BadOptions: row('request', null),
  DuplicateCall: row('app', 'hint.report'),
  InvalidParams: row('request', null),
  UnknownCommand: row('app', 'hint.report'),
  ReadOnlyConnection: row('permission', 'hint.readOnlyConnection'),
  LocalServerFailed: row('app', 'hint.localServer'),
  StoreFailed: row('app', null),
  // Files, jobs and the journal.
  BadExport: row('request', 'hint.checkFile'),
  BadFileName: row('request', 'hint.checkFile'),
  FileFailed: row('app', 'hint.checkDisk'),
  FileExists: row('request', 'hint.chooseOtherName'),
  Unreachable: row('socket', 'hint.checkServer'),
  NotInFile: row('request', 'hint.checkFile'),
  SystemPath: row('request', 'hint.checkPath'),
  RootRefused: row('request', 'hint.checkPath'),
  IntoItself: row('request', 'hint.checkPath'),
  LogMismatch: row('app', null),
  TooManyJobs: row('app', 'hint.later'),
  UnknownJob: row('app', null),
  JobRuns: row('app', null),
  NotResumable: row('app', null),
  UnknownOperation: row('app', null),
  OtherEnsemble: row('request', null),
  HistoryDamaged: row('app', null),
  BadSampleTree: row('app', 'hint.report'),
};

const BY_KIND: Readonly<Record<ZooError['kind'], Row>> = {
  answer: row('request', null),
  usage: row('request', null),
  weather: row('session', 'hint.retry'),
  cancelled: row('app', null),
};

/**
 * The error, whole, for the view.
 *
 * @param error anything thrown
 * @param path the node it is about, where the error itself does not say
 */
export function toFailure(error: unknown, path: string | null = null): Failure {
  if (!(error instanceof ZooError)) return bugFailure(error, path);
  const { layer, hint } = ROWS[error.code] ?? BY_KIND[error.kind];
  return {
    kind: error.kind,
    code: error.code,
    message: error.message,
    layer,
    hint,
    path: error instanceof KeeperError && error.path !== null ? error.path : path,
    retrySafe: error.retrySafe,
    ...(error instanceof UsageError && error.reason !== null ? { reason: error.reason } : {}),
  };
}

/**
 * A failure that no error stands behind: refused at the door, or found by a check.
 *
 * @param code one of the table's where a layer and a hint should come with it
 * @param reason says what the message says
 */
export function makeFailure(kind: Failure['kind'], code: string, message: string, path: string | null = null, reason: Reason | null = null): Failure {
  const { layer, hint } = ROWS[code] ?? row('app', null);
  return { kind, code, message, layer, hint, path, retrySafe: kind === 'denied' || kind === 'usage', ...(reason === null ? {} : { reason }) };
}

function bugFailure(error: unknown, path: string | null): Failure {
  const name = error instanceof Error ? error.name : 'Unknown';
  const message = error instanceof Error ? error.message : String(error);
  return {
    kind: 'bug',
    code: 'Bug',
    message: `${name}: ${message}`,
    layer: 'app',
    hint: 'hint.report',
    path,
    retrySafe: false,
  };
}
