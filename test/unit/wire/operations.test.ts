import { expect, test } from 'vitest';
import { Perms } from '../../../src/model/acl.ts';
import { OPERATIONS, operationName } from '../../../src/wire/operations.ts';

/** Facts 1.5 and 1.15, written out again: name, code, whether it has a body each way, writes, permission, node, release. */
const TABLE = `
create               1   req res write CREATE      parent 3.0
delete               2   req -   write DELETE      parent 3.0
exists               3   req res read  -           -      3.0
getData              4   req res read  READ        node   3.0
setData              5   req res write WRITE       node   3.0
getACL               6   req res read  READ|ADMIN  node   3.0
setACL               7   req res write ADMIN       node   3.0
getChildren          8   req res read  READ        node   3.0
sync                 9   req res read  -           -      3.0
ping                 11  -   -   read  -           -      3.0
getChildren2         12  req res read  READ        node   3.3
check                13  req -   write READ        node   3.4
multi                14  req res write -           -      3.4
create2              15  req res write CREATE      parent 3.5.0
reconfig             16  req res write WRITE       node   3.5.0
checkWatches         17  req -   read  -           -      3.5.0
removeWatches        18  req -   read  -           -      3.5.0
createContainer      19  req res write CREATE      parent 3.5.1
createTTL            21  req res write CREATE      parent 3.5.3
multiRead            22  req res read  -           -      3.6.0
auth                 100 req -   read  -           -      3.0
setWatches           101 req -   read  -           -      3.2
sasl                 102 req res read  -           -      3.4
getEphemerals        103 req res read  -           -      3.6.0
getAllChildrenNumber 104 req res read  READ        node   3.6.0
setWatches2          105 req -   read  -           -      3.6.0
addWatch             106 req res read  -           -      3.6.0
whoAmI               107 -   res read  -           -      3.7.0
closeSession         -11 -   -   write -           -      3.0
createSession        -10 req -   write -           -      3.0
`;

const letters = Object.entries(Perms).filter(([name]) => name !== 'ALL');

test('the operations are those of the protocol', () => {
  const rows = [...OPERATIONS.values()].map((op) =>
    [
      op.name,
      op.code,
      op.request === null ? '-' : 'req',
      op.response === null ? '-' : 'res',
      op.writes ? 'write' : 'read',
      op.permission?.anyOf.map((perm) => letters.find(([, bit]) => bit === perm)?.[0]).join('|') ?? '-',
      op.permission?.on ?? '-',
      op.since,
    ].join(' '),
  );
  const wanted = TABLE.trim().split('\n').map((line) => line.trim().replaceAll(/\s+/g, ' '));
  expect([...rows].sort()).toEqual([...wanted].sort());
});

test('every code stands once, and deleteContainer not at all', () => {
  expect([...OPERATIONS.entries()].every(([code, op]) => code === op.code)).toBe(true);
  expect(OPERATIONS.has(20)).toBe(false);
  expect([operationName(4), operationName(20)]).toEqual(['getData', 'op20']);
});
