/** What `open` does on machines of all kinds: nothing is really started here. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AppFiles } from '../../../../src/hosts/app-files.ts';
import { openBrowser } from '../../../../src/hosts/cli/browser.ts';
import { runDesktop, type DesktopEnd } from '../../../../src/hosts/cli/desktop.ts';
import { hasDisplay, type Machine, type ProgramEnd } from '../../../../src/hosts/cli/machine.ts';
import { removeTemporaryDirectory, temporaryDirectory } from '../../../support/process-guard.ts';

interface FakeMachine extends Machine {
  readonly ran: string[][];
  readonly started: string[][];
}

interface Plan {
  readonly platform?: string;
  readonly env?: Record<string, string>;
  readonly programs?: readonly string[];
  readonly ends?: (command: string, args: readonly string[]) => Partial<ProgramEnd>;
  readonly startable?: boolean;
}

function machineOf({ platform = 'linux', env = { DISPLAY: ':0' }, programs = [], ends, startable = true }: Plan): FakeMachine {
  const ran: string[][] = [];
  const started: string[][] = [];
  return {
    ran,
    started,
    platform,
    env,
    find: (name) => (programs.includes(name) ? `/bin/${name}` : null),
    run(command, args) {
      ran.push([command, ...args]);
      return Promise.resolve({ code: 0, signal: null, ranMs: 60_000, ...ends?.(command, args) });
    },
    start(command, args) {
      started.push([command, ...args]);
      return Promise.resolve(startable);
    },
  };
}

describe('a display', () => {
  test.each([
    ['linux', {}, false],
    ['linux', { DISPLAY: '' }, false],
    ['linux', { DISPLAY: ':1' }, true],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, true],
    ['darwin', {}, true],
    ['win32', {}, true],
  ])('on %s with %j: %s', (platform, env, expected) => {
    expect(hasDisplay({ platform, env })).toBe(expected);
  });
});

describe('the desktop app', () => {
  let root: string;
  let files: AppFiles;
  let told: string[];

  beforeEach(() => {
    root = temporaryDirectory();
    told = [];
    files = {
      root, version: '1', view: '', preload: '', serverEntry: '', cliEntry: '', resources: '',
      desktopEntry: join(root, 'out', 'main', 'main.js'),
    };
    touch(files.desktopEntry);
  });
  afterEach(() => removeTemporaryDirectory(root));

  const touch = (file: string, text = ''): void => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  const electronFile = (name: string): string => join(root, 'node_modules', 'electron', name);
  const installElectron = (): void => {
    touch(electronFile('path.txt'), 'electron');
    touch(electronFile('dist/electron'));
  };
  const run = (machine: Machine, signal = new AbortController().signal): Promise<DesktopEnd> =>
    runDesktop({ machine, files, signal, tell: (line) => told.push(line) });

  test('runs where its program is', async () => {
    installElectron();
    const machine = machineOf({ ends: () => ({ code: 3 }) });
    expect(await run(machine)).toStrictEqual({ kind: 'ended', exitCode: 3 });
    expect(machine.ran).toStrictEqual([[electronFile('dist/electron'), files.desktopEntry]]);
    expect(told).toStrictEqual([]);
  });

  test('fetches its program where that is not there, and says so', async () => {
    touch(electronFile('install.js'));
    const machine = machineOf({
      ends(_command, [script]) {
        if (script?.endsWith('install.js')) installElectron();
        return {};
      },
    });
    expect(await run(machine)).toStrictEqual({ kind: 'ended', exitCode: 0 });
    expect(machine.ran.map(([, script]) => script)).toStrictEqual([electronFile('install.js'), files.desktopEntry]);
    expect(told).toHaveLength(1);
  });

  test.each<[string, string, Plan, () => void]>([
    ['without a display, and fetches nothing', 'there is no display for a window', { env: {} }, () => touch(electronFile('install.js'))],
    ['without its package', "Electron's program is not here and could not be fetched", {}, () => undefined],
    ['when it cannot be fetched', "Electron's program is not here and could not be fetched", { ends: () => ({ code: 1 }) }, () => touch(electronFile('install.js'))],
    ['when its program dies at once', "Electron's program does not run here", { ends: () => ({ code: null, signal: 'SIGTRAP', ranMs: 300 }) }, () => installElectron()],
    ['when its program cannot be started', "Electron's program does not run here", { ends: () => ({ code: null, ranMs: 1 }) }, () => installElectron()],
    ['when it shows no window, however late', "Electron's program does not run here", { ends: () => ({ code: 69 }) }, () => installElectron()],
  ])('gives way %s', async (_when, what, plan, prepare) => {
    prepare();
    const machine = machineOf(plan);
    expect(await run(machine)).toStrictEqual({ kind: 'missing', what });
    if (plan.env !== undefined) expect(machine.ran).toStrictEqual([]);
  });

  test('is not fetched where that was forbidden', async () => {
    touch(electronFile('install.js'));
    const machine = machineOf({ env: { DISPLAY: ':0', ELECTRON_SKIP_BINARY_DOWNLOAD: '1' } });
    expect(await run(machine)).toMatchObject({ kind: 'missing' });
    expect(machine.ran).toStrictEqual([]);
  });

  test('does not give way when it was ended on purpose', async () => {
    installElectron();
    const abort = new AbortController();
    const machine = machineOf({
      ends() {
        abort.abort();
        return { code: null, signal: 'SIGTERM', ranMs: 100 };
      },
    });
    expect(await run(machine, abort.signal)).toStrictEqual({ kind: 'ended', exitCode: 0 });
  });
});

describe('the browser', () => {
  const url = 'http://127.0.0.1:1/?token=x';

  test('is Chromium or Chrome as an app window', async () => {
    const machine = machineOf({ programs: ['google-chrome', 'xdg-open'] });
    expect(await openBrowser(machine, url)).toBe(true);
    expect(machine.started).toStrictEqual([['/bin/google-chrome', `--app=${url}`]]);
  });

  test('is the default one where there is neither', async () => {
    const machine = machineOf({ programs: ['xdg-open'] });
    expect(await openBrowser(machine, url)).toBe(true);
    expect(machine.started).toStrictEqual([['/bin/xdg-open', url]]);
    const mac = machineOf({ platform: 'darwin', programs: ['open'] });
    await openBrowser(mac, url);
    expect(mac.started).toStrictEqual([['/bin/open', url]]);
    const windows = machineOf({ platform: 'win32', programs: ['rundll32'] });
    await openBrowser(windows, url);
    expect(windows.started).toStrictEqual([['/bin/rundll32', 'url.dll,FileProtocolHandler', url]]);
  });

  test('is nothing where nothing can be started', async () => {
    expect(await openBrowser(machineOf({}), url)).toBe(false);
    const machine = machineOf({ programs: ['chromium', 'xdg-open'], startable: false });
    expect(await openBrowser(machine, url)).toBe(false);
    expect(machine.started).toHaveLength(2);
  });
});
