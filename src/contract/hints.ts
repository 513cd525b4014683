/**
 * What a failure may tell people to try: the keys of the view's messages that `Failure.hint` takes its value from,
 * as they stand there, `hint.` included. Every language has a text for each.
 */

export const HINTS = [
  /** The name of the host is not known: spelling, VPN, DNS. */
  'hint.checkName',
  /** Nothing listens there: host, port, firewall, whether the server runs. */
  'hint.checkPort',
  /** It listens and says nothing useful: not a ZooKeeper client port, TLS only, or no quorum. */
  'hint.checkServer',
  /** A member without a leader: an election, or too few servers. */
  'hint.notServing',
  'hint.checkConnectString',
  'hint.checkCredentials',
  /** Add credentials that the ACL allows. */
  'hint.addAuth',
  /** The session is over: open a new one. */
  'hint.reopen',
  /** The connection was lost: wait for it to come back, then look before trying again. */
  'hint.lookThenRetry',
  'hint.retry',
  'hint.later',
  /** The node is gone or new: refresh. */
  'hint.refresh',
  /** Somebody changed it: compare and decide. */
  'hint.compare',
  'hint.chooseOtherName',
  /** Delete the children first, or make a new preview. */
  'hint.children',
  'hint.newPreview',
  'hint.checkAcl',
  /** Over jute.maxbuffer: make it smaller, or raise the limit on every server and in the connection. */
  'hint.tooBig',
  'hint.quota',
  /** The server is too old for this, or it is switched off there. */
  'hint.olderServer',
  /** The server has lost its quorum and takes no writes. */
  'hint.noQuorum',
  /** The connection is set to read-only. */
  'hint.readOnlyConnection',
  /** The chroot of the connect string does not exist. */
  'hint.chroot',
  /** Root cannot be read; any path can still be opened. */
  'hint.openPath',
  'hint.checkPath',
  /** An export that is no export, is broken, or is not there: another file, or the one it was made from. */
  'hint.checkFile',
  /** The disk refused: space, rights. */
  'hint.checkDisk',
  /** The local server did not run: see its log. */
  'hint.localServer',
  /** The view lost its host: it comes back by itself, or Zooscope has to be opened again. */
  'hint.appLost',
  /** Ours: please report it. */
  'hint.report',
] as const;

export type Hint = (typeof HINTS)[number];
