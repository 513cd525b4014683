import { expect, test } from 'vitest';
import { UsageError } from '../../../src/model/errors.ts';
import { formatConnectString, formatServer, parseConnectString } from '../../../src/client/connect-string.ts';

test.each([
  ['a', [['a', 2181]], ''],
  ['a:1', [['a', 1]], ''],
  ['a:1,b:2,c', [['a', 1], ['b', 2], ['c', 2181]], ''],
  [' a:1 , b ,, ', [['a', 1], ['b', 2181]], ''],
  ['a:1/x/y', [['a', 1]], '/x/y'],
  ['a/', [['a', 2181]], ''],
  ['[::1]:7', [['::1', 7]], ''],
  ['[2001:db8::1],[fe80::1%eth0]:9/r', [['2001:db8::1', 2181], ['fe80::1%eth0', 9]], '/r'],
  ['10.0.0.1:65535', [['10.0.0.1', 65_535]], ''],
  ['zk_1.example-host.de', [['zk_1.example-host.de', 2181]], ''],
])('%j', (text, servers, chroot) => {
  expect(parseConnectString(text)).toEqual({ servers: servers.map(([host, port]) => ({ host, port })), chroot });
});

test.each([
  ['', 'at least one server'], [' , ', 'at least one server'], ['/only', 'at least one server'],
  ['a:0', '1 to 65535'], ['a:65536', '1 to 65535'], ['a:x', '1 to 65535'], ['a:', '1 to 65535'], ['a:1.5', '1 to 65535'],
  ['::1', 'in brackets'], ['fe80::1:2181', 'in brackets'], ['[::1', 'in brackets'], ['[::1]x', 'in brackets'], ['[a]:1', 'in brackets'],
  ['[]:1', 'in brackets'], ['a b:1', 'no host name'], [':2181', 'no host name'], ['a@b', 'no host name'],
  ['zk://a:1', 'is a URL'], ['http://a', 'is a URL'],
  ['a/x/', 'must not end with /'], ['a/x//y', 'empty name'], ['a/../y', 'name ..'],
])('%j is refused: %s', (text, reason) => {
  const parse = (): unknown => parseConnectString(text);
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(reason);
});

test('there and back', () => {
  for (const text of ['a:1,b:2/x', '[::1]:2181', 'h:2181']) expect(formatConnectString(parseConnectString(text))).toBe(text);
  expect(formatServer({ host: '::1', port: 5 })).toBe('[::1]:5');
});
