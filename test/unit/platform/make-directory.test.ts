/** Directories that are made, there already, or not to be had. */

import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { makeDirectory } from '../../../src/platform/make-directory.ts';
import { temporaryDirectory } from '../../support/process-guard.ts';

let home = '';
beforeEach(() => {
  home = temporaryDirectory();
});

test('is made with all that leads to it, each for its owner alone', async () => {
  await makeDirectory(join(home, 'a', 'b', 'c'), 0o700);
  for (const path of ['a', 'a/b', 'a/b/c']) expect(statSync(join(home, path)).mode & 0o777).toBe(0o700);
});

test('that is there already is left as it is, also behind a link, and when two make it', async () => {
  mkdirSync(join(home, 'there'), { mode: 0o755 });
  symlinkSync(join(home, 'there'), join(home, 'link'));
  await makeDirectory(join(home, 'there'), 0o700);
  await makeDirectory(join(home, 'link', 'below'), 0o700);
  expect(statSync(join(home, 'there')).mode & 0o777).toBe(0o755);
  await Promise.all(Array.from({ length: 8 }, () => makeDirectory(join(home, 'x', 'y', 'z'))));
  expect(statSync(join(home, 'x', 'y', 'z')).isDirectory()).toBe(true);
});

test('in the place of a file, and below one, is refused by the system', async () => {
  writeFileSync(join(home, 'file'), '');
  symlinkSync(join(home, 'nowhere'), join(home, 'dangling'));
  await expect(makeDirectory(join(home, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeDirectory(join(home, 'file', 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  await expect(makeDirectory(join(home, 'dangling'))).rejects.toMatchObject({ code: 'EEXIST' });
});

test.runIf(process.platform === 'linux')('where nothing can be made is said, not tried for ever', async () => {
  await expect(makeDirectory('/proc/none/below')).rejects.toMatchObject({ code: expect.stringMatching(/^(ENOENT|EACCES|EPERM)$/) });
});
