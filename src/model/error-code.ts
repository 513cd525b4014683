/** Error codes on the wire (KeeperException.Code), with the text that people see. */

export const ErrorCode = {
  Ok: 0,
  SystemError: -1,
  RuntimeInconsistency: -2,
  DataInconsistency: -3,
  ConnectionLoss: -4,
  MarshallingError: -5,
  Unimplemented: -6,
  OperationTimeout: -7,
  BadArguments: -8,
  UnknownSession: -12,
  NewConfigNoQuorum: -13,
  ReconfigInProgress: -14,
  ApiError: -100,
  NoNode: -101,
  NoAuth: -102,
  BadVersion: -103,
  NoChildrenForEphemerals: -108,
  NodeExists: -110,
  NotEmpty: -111,
  SessionExpired: -112,
  InvalidCallback: -113,
  InvalidAcl: -114,
  AuthFailed: -115,
  SessionMoved: -118,
  NotReadOnly: -119,
  EphemeralOnLocalSession: -120,
  NoWatcher: -121,
  RequestTimeout: -122,
  ReconfigDisabled: -123,
  SessionClosedRequireSaslAuth: -124,
  QuotaExceeded: -125,
  ThrottledOp: -127,
} as const;

export type ErrorCodeName = keyof typeof ErrorCode;
export type ErrorCode = (typeof ErrorCode)[ErrorCodeName];

const TEXTS: Record<ErrorCodeName, string> = {
  Ok: 'no error',
  SystemError: 'the server reports a system error',
  RuntimeInconsistency: 'not carried out, because an earlier part of the transaction failed',
  DataInconsistency: 'the server reports inconsistent data',
  ConnectionLoss: 'the connection was lost before the reply came',
  MarshallingError: 'the server could not read the request',
  Unimplemented: 'the server does not know this operation (an older version, or it is switched off)',
  OperationTimeout: 'the operation took too long',
  BadArguments: 'the server refuses these arguments',
  UnknownSession: 'the server does not know this session',
  NewConfigNoQuorum: 'no quorum of the new configuration is connected and in step with the leader',
  ReconfigInProgress: 'another reconfiguration is in progress',
  ApiError: 'the server reports an API error',
  NoNode: 'no such node',
  NoAuth: 'permission denied by the ACL',
  BadVersion: 'the node was changed since it was read (the version does not match)',
  NoChildrenForEphemerals: 'an ephemeral node cannot have children',
  NodeExists: 'the node exists already',
  NotEmpty: 'the node has children',
  SessionExpired: 'the session has expired',
  InvalidCallback: 'invalid callback',
  InvalidAcl: 'the ACL is not valid',
  AuthFailed: 'the server refused the credentials',
  SessionMoved: 'the session moved to another server',
  NotReadOnly: 'this server is read-only: it has lost its quorum and takes no writes',
  EphemeralOnLocalSession: 'a local session cannot create ephemeral nodes',
  NoWatcher: 'no such watch',
  RequestTimeout: 'no reply came in time',
  ReconfigDisabled: 'reconfiguration is switched off on the server (reconfigEnabled)',
  SessionClosedRequireSaslAuth: 'the server demands authentication before any request',
  QuotaExceeded: 'the quota is used up',
  ThrottledOp: 'the server is overloaded and turned the request away',
};

const NAMES = new Map<number, ErrorCodeName>(
  (Object.keys(ErrorCode) as ErrorCodeName[]).map((name) => [ErrorCode[name], name]),
);

/** The code's name, or `Error<number>` for one that is not known here. */
export function errorName(code: number): string {
  return NAMES.get(code) ?? `Error${code}`;
}

/** One clause that says what the code means. */
export function errorText(code: number): string {
  const name = NAMES.get(code);
  return name === undefined ? `the server answered with error ${code}` : TEXTS[name];
}
