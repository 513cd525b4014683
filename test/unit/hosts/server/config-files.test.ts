import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { parseProperties } from '../../../../src/ensemble/config/properties.ts';
import { configFilesOf } from '../../../../src/hosts/server/config-files.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'zooscope configuration ü-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** @returns what zoo.cfg says after a reconfiguration came into force */
function keysAfter(before: string, members: string, sid: bigint): ReadonlyMap<string, string> {
  const file = join(directory, 'zoo.cfg');
  writeFileSync(file, before);
  configFilesOf(relative(process.cwd(), file), sid, silentLogger).saveCurrent(`${members}\nversion=100000002`, 0x1_0000_0002n);
  expect(readFileSync(`${file}.bak`, 'utf8')).toBe(before);
  return parseProperties(readFileSync(file, 'utf8'));
}

describe('zoo.cfg, when a reconfiguration is in force', () => {
  const members = 'server.1=a:1:2:participant\nserver.2=b:1:2:participant\nserver.12=c:1:2:observer;0.0.0.0:7';

  test('leads to the dynamic file from wherever the server is started', () => {
    const keys = keysAfter('dataDir=/d\nclientPort=5\nserver.1=a:1:2\nserver.2=b:1:2\npeerType=participant\n', members, 1n);
    expect(keys.get('dynamicConfigFile')).toBe(join(directory, 'zoo.cfg.dynamic.100000002'));
    expect(readFileSync(keys.get('dynamicConfigFile') ?? '', 'utf8')).toBe(`${members}\n`);
    expect([...keys.keys()].sort()).toEqual(['clientPort', 'dataDir', 'dynamicConfigFile']);
  });

  test('keeps the client port of a server whose own line has none, though others have', () => {
    expect(keysAfter('dataDir=/d\nclientPort=5\nclientPortAddress=::1\n', members, 2n).get('clientPort')).toBe('5');
  });

  test('leaves the client port to the own line where it has one', () => {
    expect([...keysAfter('dataDir=/d\nclientPort 7\nclientPortAddress=::1\n', members, 12n).keys()].sort()).toEqual(['dataDir', 'dynamicConfigFile']);
  });
});
