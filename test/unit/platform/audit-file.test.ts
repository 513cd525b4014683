import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Logger } from '../../../src/base/logger.ts';
import { openAuditFile } from '../../../src/platform/audit-file.ts';

describe('the audit file', () => {
  let directory = '';
  const told: string[] = [];
  const logger: Logger = { log: (_level, message) => void told.push(message) };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'audit-'));
    told.length = 0;
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test('goes on where it was, a line for each event, in order', async () => {
    for (const round of [1, 2]) {
      const file = openAuditFile({ directory, logger });
      file.write(`operation=create\tround=${round}`, false);
      await turn();
      file.write(`operation=delete\tround=${round}`, true);
      file.close();
    }
    const lines = readFileSync(join(directory, 'zookeeper_audit.log'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} /, ''))).toEqual([1, 2].flatMap((round) => [
      `INFO audit.Slf4jAuditLogger: operation=create\tround=${round}`, `ERROR audit.Slf4jAuditLogger: operation=delete\tround=${round}`,
    ]));
  });

  test('keeps ten older files and no more', async () => {
    const file = openAuditFile({ directory, logger, fileBytesMax: 200 });
    for (let i = 0; i < 30; i++) {
      file.write(`n=${i} ${'x'.repeat(100)}`, false);
      await turn();
    }
    file.close();
    const names = Array.from({ length: 11 }, (_, age) => (age === 0 ? 'zookeeper_audit.log' : `zookeeper_audit.log.${age}`));
    expect(readdirSync(directory).sort()).toEqual([...names].sort());
    const kept = names.map((name) => Number(/n=(\d+)/.exec(readFileSync(join(directory, name), 'utf8'))?.[1]));
    expect(kept).toEqual([29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19]);
    expect(told).toEqual([]);
  });

  test('a disk that refuses costs lines and is told once', async () => {
    const file = openAuditFile({ directory, logger, fileBytesMax: 10 });
    file.write('first', false);
    await turn();
    rmSync(directory, { recursive: true });
    for (let i = 0; i < 3; i++) {
      file.write('more', false);
      await turn();
    }
    expect(told).toEqual(['the audit log cannot be written: lines are lost']);
    mkdirSync(directory);
    file.write('again', false);
    file.close();
    expect(readFileSync(join(directory, 'zookeeper_audit.log'), 'utf8')).toMatch(/: again\n$/);
  });
});
