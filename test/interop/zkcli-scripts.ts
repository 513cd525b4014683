/**
 * What is typed into Apache's command line client: every command it has, with the flags that a server standing alone
 * can serve, right and wrong. `{server}` stands for the server's address. The scripts run in this order on a fresh
 * server, so that zxids are the same everywhere.
 */

export interface CliScript {
  readonly name: string;
  readonly commands: readonly string[];
}

const nodes: CliScript = {
  name: 'create, get, set, ls, stat, delete',
  commands: [
    'ls /', 'ls -s /', 'stat /', 'stat /zookeeper', 'get -s /zookeeper/config', 'ls -R /',
    'create /n', 'get /n', 'get -s /n', 'create /n', 'create /n again', 'create /n/data some-data', 'get /n/data',
    'create n', 'create /n/', 'create //n', 'create /n/./m', 'create /n/../m', 'create /missing/m', 'create',
    'create -s /n/seq-', 'create -s /n/seq- data', 'create -s /n/', 'create -s /n/dir/',
    'create -e /n/eph data', 'create -e /n/eph/child', 'create -e -s /n/eph-', 'create -s -e /n/eph-', 'getEphemerals /n/eph-0',
    'create -c /n/box', 'create /n/box/in', 'stat /n/box', 'create -t 600000 /n/ttl', 'get -s /n/ttl',
    'create -s -t 600000 /n/ttl- data', 'create -t 0 /n/ttl-zero', 'create -t -5 /n/ttl-minus', 'create -t x /n/ttl-x',
    'create -t 1099511627775 /n/ttl-max', 'create -t 1099511627776 /n/ttl-above',
    'create -c -e /n/both', 'create -c -s /n/both', 'create -t 1000 -e /n/both', 'create -c -t 1000 /n/both',
    'create "/n/with space" "two words"', 'ls /n', 'get "/n/with space"', 'create /n/empty ""', 'get -s /n/empty',
    'create /n/größe wörter-ä-€', 'get -s /n/größe', 'ls /n',
    'set /n/data v1', 'set -s /n/data v2', 'set -v 2 /n/data v3', 'set -v 2 /n/data v4', 'set -s -v 3 /n/data v4',
    'set /n/missing x', 'set /n/data', 'get /n/data', 'get -b /n/data', 'get -x /n/data',
    'get /n/missing', 'get', 'get n', 'stat /n/missing', 'ls /n/missing', 'ls -s /n', 'ls -R /n', 'ls -R -s /n/box',
    'getAllChildrenNumber /', 'getAllChildrenNumber /n', 'getAllChildrenNumber /n/missing', 'getAllChildrenNumber',
    'getEphemerals /n/eph-1', 'getEphemerals /n/none', 'sync /n', 'sync /', 'sync', 'sync n',
    'delete /n/data -v 1', 'delete -v 1 /n/data', 'delete -v 4 /n/data', 'delete /n/data', 'delete /n', 'delete /n/missing', 'delete /',
    'delete /zookeeper', 'delete /zookeeper/config', 'delete', 'deleteall /n/box', 'deleteall /n/missing', 'deleteall /n -b 3',
    'ls /', 'stat /', 'create /zookeeper/mine x', 'get -s /zookeeper/mine', 'delete /zookeeper/mine', 'stat /zookeeper',
  ],
};

const deep: CliScript = {
  name: 'what is left of a session, and subtrees',
  commands: [
    'create /d', 'create -e /d/gone', 'create /d/a', 'create /d/a/b', 'create /d/a/b/c', 'create /d/z', 'ls -R /d',
    'getEphemerals /d', 'connect {server}', 'ls -R /d', 'stat /d', 'getEphemerals /d', 'deleteall /d/a -b 1', 'ls -R /d',
    'close', 'ls /d', 'connect {server}', 'ls /d', 'stat /d', 'deleteall /d', 'ls /',
  ],
};

const acls: CliScript = {
  name: 'getAcl, setAcl, addauth, whoami',
  commands: [
    'whoami', 'create /acl', 'getAcl /acl', 'getAcl -s /acl', 'getAcl /missing', 'setAcl /acl world:anyone:r',
    'getAcl -s /acl', 'create /acl/child', 'set /acl x', 'setAcl /acl world:anyone:cdrwa', 'delete /acl',
    'create /acl', 'setAcl /acl auth::cdrwa', 'create /acl2 data auth::cdrwa', 'create /acl3 data wrong:x:r', 'create /acl3 data world:anyone',
    'create /acl3 data world:other:r', 'create /acl3 data digest:nobody:r', 'create /acl3 data world:anyone:xyz',
    'setAcl /acl ip:127.0.0.1:cdrwa', 'get /acl', 'setAcl /acl ip:10.0.0.0/8:r', 'get /acl',
    'setAcl /acl ip:127.0.0.0/33:r', 'getAcl /acl', 'setAcl /acl world:anyone:cdrwa', 'deleteall /acl', 'getAcl /acl',
    'addauth digest bob:bobsecret', 'whoami', 'create /own data auth::cdrwa', 'getAcl /own', 'getAcl -s /own', 'get /own',
    'create /own/child data digest:bob:WGAwC+XYxdw8bJ5K6KcPh8oL58U=:rwcda,world:anyone:r',
    'setAcl -s -v 0 /own/child world:anyone:ra,auth:ignored:cdrwa', 'setAcl -v 0 /own/child world:anyone:r', 'setAcl -v 9 /own/child world:anyone:r',
    'getAcl -s /own/child', 'create /own/child/deep', 'setAcl -R /own world:anyone:r,digest:bob:WGAwC+XYxdw8bJ5K6KcPh8oL58U=:cdrwa',
    'getAcl /own', 'getAcl /own/child', 'getAcl /own/child/deep', 'setAcl /own', 'setAcl /own bad', 'setAcl /own world:anyone:r,world:anyone:r,auth::cdrwa', 'getAcl -s /own',
    'connect {server}', 'whoami', 'get /own', 'set /own other', 'getAcl /own', 'create /own/stranger', 'delete /own/child',
    'setAcl /own world:anyone:cdrwa', 'ls /own', 'ls -R /own', 'stat /own', 'addauth digest carol:x', 'getAcl /own', 'whoami',
    'addauth digest bob:bobsecret', 'whoami', 'set /own mine', 'get /own', 'create /secret s auth::cdrwa', 'create /secret/in',
    'connect {server}', 'get /secret', 'ls /secret', 'stat /secret', 'getAcl /secret', 'create /secret/other', 'delete /secret/in', 'sync /secret',
    'getAllChildrenNumber /secret', 'ls -w /secret', 'get -w /secret', 'ls -R /',
    'addauth digest super:admin', 'whoami', 'get /secret', 'getAcl /secret', 'getAcl /own/child', 'deleteall /secret', 'deleteall /own', 'ls /',
    'connect {server}', 'addauth nonsense x', 'ls /',
  ],
};

const watches: CliScript = {
  name: 'watches',
  commands: [
    'create /w', 'get -w /w', 'set /w 1', 'set /w 2', 'stat -w /w', 'set /w 3', 'ls -w /w', 'create /w/a', 'create /w/b',
    'stat -w /w/later', 'create /w/later', 'get -w /w/later', 'ls -w /w/later', 'delete /w/later',
    'get -w /w/none', 'create /w/none', 'delete /w/none', 'ls -R -w /w', 'set /w/a 1', 'create /w/a/b', 'delete /w/a/b', 'create /w/c',
    'addWatch -m PERSISTENT /w', 'set /w 4', 'set /w 5', 'create /w/d', 'set /w/d x', 'delete /w/d', 'removewatches /w -a',
    'set /w 6', 'removewatches /w', 'addWatch /w', 'create /w/e', 'create /w/e/f', 'set /w/e/f x', 'delete /w/e/f', 'delete /w/e', 'set /w 7',
    'addWatch -m PERSISTENT_RECURSIVE /w/a', 'set /w/a 2', 'removewatches /w/a', 'set /w/a 3', 'removewatches /w',
    'addWatch -m OTHER /w', 'addWatch', 'addWatch /not/there', 'create /not', 'create /not/there', 'delete /not/there', 'delete /not', 'removewatches /not/there',
    'get -w /w', 'ls -w /w', 'removewatches /w -c', 'create /w/g', 'removewatches /w -c', 'removewatches /w -d', 'set /w 8', 'removewatches /w -d',
    'get -w /w', 'ls -w /w', 'removewatches /w -a', 'set /w 9', 'get -w /w', 'removewatches /w -d -l', 'removewatches /w/missing', 'removewatches',
    'addWatch -m PERSISTENT /w', 'removewatches /w -p', 'addWatch /w', 'removewatches /w -r', 'create /w/h', 'removewatches /w -a',
    'sync /w', 'printwatches off', 'get -w /w', 'set /w 10', 'sync /w', 'printwatches on', 'get -w /w', 'set /w 11',
    'getAcl /w', 'config -w', 'deleteall /w',
  ],
};

const quotas: CliScript = {
  name: 'setquota, listquota, delquota',
  commands: [
    'create /q', 'listquota /q', 'setquota -n 3 /q', 'listquota /q', 'get /zookeeper/quota/q/zookeeper_limits',
    'get /zookeeper/quota/q/zookeeper_stats', 'create /q/a abc', 'create /q/b', 'create /q/c', 'create /q/d', 'listquota /q',
    'setquota -b 20 /q', 'listquota /q', 'set /q/a 0123456789012345678901234567890', 'listquota /q', 'setquota -N 6 /q', 'listquota /q',
    'get /zookeeper/quota/q/zookeeper_limits', 'create /q/e', 'create /q/f', 'create /q/g', 'create -e /q/h', 'create -s /q/i', 'listquota /q',
    'setquota -B 40 /q', 'listquota /q', 'set /q/b 0123456789', 'set /q/b 012345678', 'set /q/a ""', 'set /q/b 0123456789012345678901234567890123456789',
    'set /q/b 01234567890123456789012345678901234567890', 'listquota /q', 'delete /q/e', 'listquota /q', 'create /q/again',
    'setquota -n 3 /q/a', 'setquota -n 1 /', 'setquota -n 1 /zookeeper', 'setquota -n 1 /missing', 'setquota /q', 'setquota -n x /q',
    'setquota -n -1 /q', 'setquota -n -2 /q', 'setquota -N 0 /q', 'listquota /q', 'listquota /missing', 'listquota /q/a', 'listquota',
    'stat /zookeeper/quota/q/zookeeper_stats', 'stat /zookeeper/quota/q', 'ls -R /zookeeper/quota',
    'delquota -n /q', 'listquota /q', 'delquota -b /q', 'listquota /q', 'delquota -N /q', 'listquota /q', 'delquota -B /q', 'listquota /q',
    'setquota -n 3 /q', 'setquota -B 1000 /q', 'delquota /q', 'listquota /q', 'delquota /q', 'delquota /missing', 'delquota -n /q',
    'ls -R /zookeeper', 'create /q/deep', 'create /q/deep/er 12345', 'setquota -N 100 /q/deep', 'setquota -N 100 /q', 'listquota /q/deep',
    'deleteall /q', 'ls -R /zookeeper', 'listquota /q/deep', 'delquota /q/deep', 'ls -R /zookeeper', 'stat /zookeeper/quota',
  ],
};

const session: CliScript = {
  name: 'session and built-in commands',
  commands: [
    'stat /zookeeper', 'config', 'config -c', 'config -s', 'config -c -s', 'config -w', 'reconfig -add server.2=localhost:1:2;3', 'reconfig -remove 1',
    'reconfig -members server.1=localhost:1:2;3', 'reconfig -s', 'reconfig', 'addauth digest super:admin', 'reconfig -add server.2=localhost:1:2;3',
    'config', 'stat /zookeeper/config', 'set /zookeeper/config x', 'getAcl /zookeeper/config', 'bogus', 'ls -?', 'ls -q /', 'history', 'redo 1',
    'create /s', 'redo 999', 'redo', 'printwatches maybe', 'close', 'get /s', 'create /t', 'connect {server}', 'get -s /s', 'deleteall /s', 'connect', 'ls /',
    'version', 'help',
  ],
};

export const cliScripts: readonly CliScript[] = [nodes, deep, acls, watches, quotas, session];

/** Commands given on the command line; what they leave is their exit code too. */
export const cliOneShots: readonly (readonly string[])[] = [
  ['create', '/shot', 'data'], ['get', '/shot'], ['get', '/missing'], ['create', '/shot'], ['delete', '/shot'], ['ls', '-q', '/'],
];
