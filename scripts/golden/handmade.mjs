/**
 * The hand-made conversation with one standalone server: every opcode a client may send, every record in both
 * directions, and the error answers. In: a recorder in front of the server. Out: its entries.
 */
import {
  RawClient, authBody, buffer, bool, createBody, createTtlBody, int, long, multiBody, op, pathInt, pathWatch, reconfigBody,
  setAclBody, setDataBody, string, strings,
} from './raw.mjs';

/** @typedef {import('./recorder.mjs').Recorder} Recorder */

/** user:pass as digest id. */
const userDigest = 'user:smGaoVKd/cQkjm7b88GyorAUz20=';
const none = Buffer.alloc(0);

/** @param {Recorder} recorder */
export async function handmadeConversation(recorder) {
  const a = await handshakes(recorder);
  const b = new RawClient(recorder);
  await b.connect('second session');
  await creates(a);
  await createErrors(a);
  await reads(a);
  await writes(a);
  await acls(a, b);
  await multis(a);
  await others(a);
  await watches(a, b);
  await reconnect(recorder, a, b);
  await endings(recorder, b);
}

/** @param {Recorder} recorder */
async function handshakes(recorder) {
  const old = new RawClient(recorder);
  await old.connect('connect without the readOnly byte', { readOnly: 'omit' }, '44 bytes, as clients up to 3.3 send it');
  await old.ask('close the old client\'s session', op.closeSession);
  await old.end();
  const nullPassword = new RawClient(recorder);
  await nullPassword.connect('connect with a null password', { password: null });
  await nullPassword.ask('close the session made with a null password', op.closeSession);
  const lowTimeout = new RawClient(recorder);
  await lowTimeout.connect('connect asking for 1 ms', { timeoutMs: 1, readOnly: true }, 'readOnly true; the server\'s least timeout comes back');
  await lowTimeout.ask('close the 1 ms session', op.closeSession);
  const expired = new RawClient(recorder);
  const unknown = { sessionId: 0x1234n, password: Buffer.alloc(16, 7) };
  await expired.connect('connect to an expired session', unknown, 'the answer has timeOut 0; the server then closes');
  await expired.end();
  const ahead = new RawClient(recorder);
  const answer = await ahead.connect('connect with a zxid ahead of the server', { lastZxid: 1n << 40n });
  if (answer === null) recorder.noteLast('the server closed the connection without an answer');

  const a = new RawClient(recorder);
  await a.connect('connect with the readOnly byte', undefined, '45 bytes');
  return a;
}

/** @param {RawClient} a */
async function creates(a) {
  await a.ask('create persistent', op.create, createBody('/raw', 'root of this conversation'));
  await a.ask('create ephemeral', op.create, createBody('/raw/ephemeral', 'e', 1));
  await a.ask('create sequential', op.create, createBody('/raw/sequential-', 's', 2));
  await a.ask('create ephemeral sequential', op.create, createBody('/raw/both-', 'b', 3));
  await a.ask('create with null data', op.create, createBody('/raw/null', null));
  await a.ask('create with empty data', op.create, createBody('/raw/empty', ''));
  await a.ask('create with binary data', op.create, createBody('/raw/binary', Buffer.from([0, 1, 127, 128, 255])));
  await a.ask('create with a name outside ASCII', op.create, createBody('/raw/grüße-データ', 'ÄÖÜ 😀'));
  await a.ask('create2 persistent', op.create2, createBody('/raw/create2', 'two'));
  await a.ask('create2 ephemeral', op.create2, createBody('/raw/create2-ephemeral', 'two', 1));
  await a.ask('create2 sequential', op.create2, createBody('/raw/create2-', 'two', 2));
  await a.ask('createContainer', op.createContainer, createBody('/raw/container', 'c', 4));
  await a.ask('create a child of the container', op.create, createBody('/raw/container/child', ''));
  await a.ask('createTTL', op.createTTL, createTtlBody('/raw/ttl', 't', 5, 86_400_000n));
  await a.ask('createTTL sequential', op.createTTL, createTtlBody('/raw/ttl-', 't', 6, 0xffffffffffn), {
    note: 'the longest ttl there is, 2^40 - 1 ms',
  });
  await a.ask('create with several ACL entries', op.create, createBody('/raw/acl', 'guarded', 0, [
    [31, 'digest', userDigest], [1, 'world', 'anyone'], [3, 'ip', '127.0.0.0/8'],
  ]));
}

/** @param {RawClient} a */
async function createErrors(a) {
  await a.ask('create: NodeExists', op.create, createBody('/raw'));
  await a.ask('create: NoNode', op.create, createBody('/missing/child'));
  await a.ask('create: NoChildrenForEphemerals', op.create, createBody('/raw/ephemeral/child'));
  await a.ask('create: BadArguments for the path', op.create, createBody('no-slash'));
  await a.ask('create: BadArguments for a surrogate pair', op.create, createBody('/raw/😀'));
  await a.ask('create: BadArguments for the flags', op.create, createBody('/raw/flags', '', 9));
  await a.ask('create: InvalidACL, empty', op.create, createBody('/raw/bad', '', 0, []));
  await a.ask('create: InvalidACL, null', op.create, createBody('/raw/bad', '', 0, null));
  await a.ask('create: InvalidACL, unknown scheme', op.create, createBody('/raw/bad', '', 0, [[31, 'nothing', 'x']]));
  await a.ask('create: BadArguments for TTL flags', op.create, createBody('/raw/bad', '', 5));
  await a.ask('createTTL: BadArguments for ttl 0', op.createTTL, createTtlBody('/raw/bad', '', 5, 0n));
  await a.ask('create: MarshallingError', op.create, int(1000), { note: 'the body ends before the record does' });
}

/** @param {RawClient} a */
async function reads(a) {
  await a.ask('exists', op.exists, pathWatch('/raw'));
  await a.ask('exists: ephemeral', op.exists, pathWatch('/raw/ephemeral'));
  await a.ask('exists: container', op.exists, pathWatch('/raw/container'), { note: 'ephemeralOwner is 0' });
  await a.ask('exists: NoNode', op.exists, pathWatch('/missing'));
  await a.ask('getData', op.getData, pathWatch('/raw'));
  await a.ask('getData: null', op.getData, pathWatch('/raw/null'));
  await a.ask('getData: empty', op.getData, pathWatch('/raw/empty'));
  await a.ask('getData: not ASCII', op.getData, pathWatch('/raw/grüße-データ'));
  await a.ask('getData: NoNode', op.getData, pathWatch('/missing'));
  await a.ask('getData: config', op.getData, pathWatch('/zookeeper/config'));
  await a.ask('getChildren', op.getChildren, pathWatch('/raw'));
  await a.ask('getChildren: none', op.getChildren, pathWatch('/raw/empty'));
  await a.ask('getChildren: NoNode', op.getChildren, pathWatch('/missing'));
  await a.ask('getChildren2', op.getChildren2, pathWatch('/raw'));
  await a.ask('getChildren2: root', op.getChildren2, pathWatch('/'));
  await a.ask('getChildren2: NoNode', op.getChildren2, pathWatch('/missing'));
  await a.ask('getACL', op.getACL, string('/raw/acl'));
  await a.ask('getACL: NoNode', op.getACL, string('/missing'));
  await a.ask('sync', op.sync, string('/raw'));
  await a.ask('ping', op.ping, none, { xid: -2 });
  await a.ask('getEphemerals', op.getEphemerals, string('/raw'));
  await a.ask('getEphemerals: none', op.getEphemerals, string('/elsewhere'));
  await a.ask('getAllChildrenNumber', op.getAllChildrenNumber, string('/raw'));
  await a.ask('getAllChildrenNumber: NoNode', op.getAllChildrenNumber, string('/missing'));
  await a.ask('whoAmI', op.whoAmI);
}

/** @param {RawClient} a */
async function writes(a) {
  await a.ask('setData', op.setData, setDataBody('/raw/create2', 'three', 0));
  await a.ask('setData: null', op.setData, setDataBody('/raw/null', null));
  await a.ask('setData: BadVersion', op.setData, setDataBody('/raw/create2', 'four', 7));
  await a.ask('setData: NoNode', op.setData, setDataBody('/missing', ''));
  await a.ask('delete: BadVersion', op.delete, pathInt('/raw/create2', 7));
  await a.ask('delete: NotEmpty', op.delete, pathInt('/raw', -1));
  await a.ask('delete: NoNode', op.delete, pathInt('/missing', -1));
  await a.ask('delete: BadArguments', op.delete, pathInt('/zookeeper', -1));
  await a.ask('delete', op.delete, pathInt('/raw/create2', 1));
  await a.ask('quota: limits', op.create, createBody('/zookeeper/quota/raw', ''));
  await a.ask('quota: node', op.create, createBody('/raw/limited', 'x'));
  await a.ask('quota: limits parent', op.create, createBody('/zookeeper/quota/raw/limited', ''));
  await a.ask('quota: stats', op.create, createBody('/zookeeper/quota/raw/limited/zookeeper_stats', 'count=1,bytes=1'));
  const limits = 'count=-1,bytes=-1=;byteHardLimit=5;countHardLimit=3';
  await a.ask('quota: hard limits', op.create, createBody('/zookeeper/quota/raw/limited/zookeeper_limits', limits));
  await a.ask('setData: QuotaExceeded', op.setData, setDataBody('/raw/limited', 'longer than five'));
}

/**
 * @param {RawClient} a
 * @param {RawClient} b
 */
async function acls(a, b) {
  await a.ask('auth digest', op.auth, authBody('digest', 'user:pass'), { xid: -4 });
  await a.ask('whoAmI with a digest id', op.whoAmI);
  await a.ask('setACL', op.setACL, setAclBody('/raw/acl', [[31, 'auth', '']], 0), {
    note: 'scheme auth stands for the ids of the connection',
  });
  await a.ask('setACL: BadVersion', op.setACL, setAclBody('/raw/acl', [[31, 'auth', '']], 0));
  await a.ask('setACL: NoNode', op.setACL, setAclBody('/missing', [[31, 'world', 'anyone']]));
  await a.ask('setACL: InvalidACL', op.setACL, setAclBody('/raw/acl', []));
  await a.ask('getACL as administrator', op.getACL, string('/raw/acl'));
  await a.ask('create a readable node', op.create, createBody('/raw/readable', 'r', 0, [[16, 'digest', userDigest], [1, 'world', 'anyone']]));
  await b.ask('getACL masked', op.getACL, string('/raw/readable'), { note: 'without ADMIN the digest shows as x' });
  await b.ask('getData: NoAuth', op.getData, pathWatch('/raw/acl'));
  await b.ask('getChildren: NoAuth', op.getChildren, pathWatch('/raw/acl'));
  await b.ask('setData: NoAuth', op.setData, setDataBody('/raw/acl', ''));
  await b.ask('setACL: NoAuth', op.setACL, setAclBody('/raw/acl', [[31, 'world', 'anyone']]));
  await b.ask('create: NoAuth', op.create, createBody('/raw/acl/child'));
  await b.ask('getACL: NoAuth', op.getACL, string('/raw/acl'));
  await b.ask('exists on a node without READ', op.exists, pathWatch('/raw/acl'), {
    note: '3.8.0 asks for no permission; 3.8.4 and later do',
  });
}

/** @param {RawClient} a */
async function multis(a) {
  await a.ask('multi of every kind', op.multi, multiBody([
    [op.create, createBody('/raw/multi', 'm')],
    [op.create2, createBody('/raw/multi/two', 'm')],
    [op.createContainer, createBody('/raw/multi/container', 'm', 4)],
    [op.createTTL, createTtlBody('/raw/multi/ttl', 'm', 5, 86_400_000n)],
    [op.create, createBody('/raw/multi/sequential-', 'm', 2)],
    [op.setData, setDataBody('/raw/multi', 'changed', 0)],
    [op.check, pathInt('/raw/multi', 1)],
    [op.delete, pathInt('/raw/multi/two', 0)],
  ]));
  await a.ask('multi empty', op.multi, multiBody([]), { note: 'consumes a zxid' });
  await a.ask('multi failed in the middle', op.multi, multiBody([
    [op.create, createBody('/raw/never', '')],
    [op.check, pathInt('/raw/multi', 99)],
    [op.delete, pathInt('/raw/multi', -1)],
  ]), { note: 'the reply header has err 0; results are 0, -103, -2' });
  await a.ask('multi failed at once', op.multi, multiBody([
    [op.setData, setDataBody('/missing', '')],
    [op.create, createBody('/raw/never', '')],
  ]));
  await a.ask('multiRead', op.multiRead, multiBody([
    [op.getData, pathWatch('/raw')], [op.getChildren, pathWatch('/raw/multi')],
  ]));
  await a.ask('multiRead with failures', op.multiRead, multiBody([
    [op.getData, pathWatch('/missing')], [op.getData, pathWatch('/raw/null')], [op.getChildren, pathWatch('/missing')],
  ]));
}

/** @param {RawClient} a */
async function others(a) {
  await a.ask('reconfig: ReconfigDisabled', op.reconfig, reconfigBody(null, '3', null, -1n));
  await a.ask('sasl without a configured server', op.sasl, buffer(Buffer.from('token')));
  await a.ask('setWatches of nothing', op.setWatches, Buffer.concat([long(0n), strings([]), strings([]), strings([])]), {
    xid: -8,
  });
}

/**
 * @param {RawClient} a  sets the watches
 * @param {RawClient} b  makes the changes
 */
async function watches(a, b) {
  await a.ask('exists with watch, missing', op.exists, pathWatch('/raw/w', true));
  await b.ask('create fires the exist watch', op.create, createBody('/raw/w', ''));
  await a.events(1);
  await a.ask('getData with watch', op.getData, pathWatch('/raw/w', true));
  await b.ask('setData fires the data watch', op.setData, setDataBody('/raw/w', '1'));
  await a.events(1);
  await a.ask('getChildren2 with watch', op.getChildren2, pathWatch('/raw/w', true));
  await b.ask('create fires the child watch', op.create, createBody('/raw/w/c', ''));
  await a.events(1);
  await a.ask('exists with watch, present', op.exists, pathWatch('/raw/w/c', true));
  await b.ask('delete fires the exist watch', op.delete, pathInt('/raw/w/c', -1));
  await a.events(1);
  await a.ask('getChildren with watch, empty', op.getChildren, pathWatch('/raw/empty', true));
  await b.ask('delete fires the child watch of the node itself', op.delete, pathInt('/raw/empty', -1));
  await a.events(1);
  await b.ask('create the node again', op.create, createBody('/raw/empty', ''));

  await a.ask('addWatch persistent', op.addWatch, pathInt('/raw/w', 0));
  await a.ask('addWatch persistent recursive', op.addWatch, pathInt('/raw/r', 1));
  await a.ask('addWatch: MarshallingError', op.addWatch, pathInt('/raw/w', 7), { note: 'there is no mode 7' });
  await b.ask('persistent: child created', op.create, createBody('/raw/w/p', ''));
  await a.events(1);
  await b.ask('persistent: data changed', op.setData, setDataBody('/raw/w', '2'));
  await a.events(1);
  await b.ask('persistent: child deleted', op.delete, pathInt('/raw/w/p', -1));
  await a.events(1);
  await b.ask('recursive: created', op.create, createBody('/raw/r', ''));
  await a.events(1);
  await b.ask('recursive: descendant created', op.create, createBody('/raw/r/d', ''));
  await a.events(1);
  await b.ask('recursive: descendant changed', op.setData, setDataBody('/raw/r/d', 'x'));
  await a.events(1);
  await b.ask('recursive: descendant deleted', op.delete, pathInt('/raw/r/d', -1));
  await a.events(1);

  await a.ask('getChildren with watch', op.getChildren, pathWatch('/raw/w', true));
  await a.ask('checkWatches', op.checkWatches, pathInt('/raw/w', 1));
  await a.ask('checkWatches: NoWatcher', op.checkWatches, pathInt('/raw/multi', 2));
  await a.ask('removeWatches', op.removeWatches, pathInt('/raw/w', 3));
  await a.ask('removeWatches: NoWatcher', op.removeWatches, pathInt('/raw/w', 1));
  await a.ask('removeWatches recursive', op.removeWatches, pathInt('/raw/r', 3));
}

/**
 * @param {Recorder} recorder
 * @param {RawClient} a  its session moves to a new connection
 * @param {RawClient} b  makes changes meanwhile
 */
async function reconnect(recorder, a, b) {
  const before = /** @type {{ body: Buffer }} */ (await a.ask('stat before the reconnect', op.exists, pathWatch('/raw/multi')));
  const seen = before.body.readBigInt64BE(8);
  await a.drop();
  await b.ask('meanwhile: data changed', op.setData, setDataBody('/raw/multi', 'meanwhile'));
  await b.ask('meanwhile: child created', op.create, createBody('/raw/multi/meanwhile', ''));
  await b.ask('meanwhile: deleted', op.delete, pathInt('/raw/w', -1));
  const again = new RawClient(recorder);
  const identity = { sessionId: a.sessionId, password: a.password, lastZxid: seen };
  await again.connect('reconnect to a living session', identity, 'session id and password come back');
  await again.ask('setWatches with catch-up', op.setWatches, Buffer.concat([
    long(seen), strings(['/raw/multi', '/raw/w', '/raw/empty']), strings(['/raw/multi/meanwhile', '/raw/none']),
    strings(['/raw/multi', '/raw/container']),
  ]), { xid: -8, note: 'the missed events come before the reply' });
  await again.ask('setWatches2', op.setWatches2, Buffer.concat([
    long(seen), strings(['/raw/empty']), strings([]), strings([]), strings(['/raw/multi']), strings(['/raw']),
  ]));
  again.notifications.length = 0;
  await b.ask('event after setWatches2', op.setData, setDataBody('/raw/multi', 'again'));
  await again.events(1);
  await again.ask('getEphemerals after the reconnect', op.getEphemerals, string('/'));
  await again.drop();
}

/**
 * @param {Recorder} recorder
 * @param {RawClient} b
 */
async function endings(recorder, b) {
  const refused = new RawClient(recorder);
  await refused.connect('session for an unknown auth scheme');
  await refused.ask('auth digest with an empty credential', op.auth, authBody('digest', ''), {
    xid: -4, note: 'accepted',
  });
  await refused.ask('auth: AuthFailed', op.auth, authBody('nothing', 'x'), {
    xid: -4, note: 'an unknown scheme; the server then closes',
  });
  await refused.end();
  const unknown = new RawClient(recorder);
  await unknown.connect('session for an unknown opcode');
  await unknown.ask('unknown opcode', 9999, none, { note: 'err -6, zxid -1, then the server closes' });
  await unknown.end();
  await b.ask('closeSession', op.closeSession, none, { note: 'the server then closes' });
  await b.end();
}

/**
 * What a client must never send, against a server that is thrown away afterwards.
 * @param {Recorder} recorder
 */
export async function forbiddenConversation(recorder) {
  const a = new RawClient(recorder);
  await a.connect('session for what clients must not send');
  await a.ask('createSession sent by a client', op.createSession, int(12_000), {
    note: 'answered with a second ConnectResponse, without a reply header',
  });
  await a.ask('deleteContainer sent by a client', op.deleteContainer, string('/nothing'));
  await a.ask('create through op 1 with container flags', op.create, createBody('/as-container', '', 4));
  await a.ask('create through op 1 with TTL flags: Unimplemented', op.create, createBody('/as-ttl', '', 5), {
    note: 'extendedTypesEnabled is off here',
  });
  await a.ask('createTTL: Unimplemented', op.createTTL, createTtlBody('/ttl', '', 5, 1000n), {
    note: 'extendedTypesEnabled is off here',
  });
  recorder.label('check outside a multi', '3.8.0 never answers, and cannot load its log afterwards; 3.8.5 and later: err -6, then close');
  a.send(Buffer.concat([int(1000), int(op.check), pathInt('/', -1)]));
  await recorder.quiet(300);
  const negative = new RawClient(recorder);
  await negative.connect('session for a body that is not jute');
  await negative.ask('multiRead: MarshallingError', op.multiRead, none, { note: 'no body at all' });
  await negative.ask('getData: MarshallingError', op.getData, Buffer.concat([int(-2), bool(false)]), {
    note: 'string length -2',
  });
  await negative.drop();
}
