/** Shows an address: Chromium or Chrome as an app window, else whatever the system opens pages with. */

import { join } from 'node:path';
import type { Machine } from './machine.ts';

const ON_LINUX = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const ON_MAC = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const ON_WINDOWS = join('Google', 'Chrome', 'Application', 'chrome.exe');

/**
 * @param url may be seen by others on this machine, in the list of processes: nothing in it may be of use twice
 * @returns whether something was started
 */
export async function openBrowser(machine: Machine, url: string): Promise<boolean> {
  for (const name of appBrowsers(machine)) {
    const program = machine.find(name);
    if (program !== null && (await machine.start(program, [`--app=${url}`]))) return true;
  }
  const [name, ...args] = systemOpener(machine.platform);
  const program = machine.find(name);
  return program !== null && (await machine.start(program, [...args, url]));
}

function appBrowsers({ platform, env }: Machine): readonly string[] {
  if (platform === 'darwin') return ON_MAC;
  if (platform !== 'win32') return ON_LINUX;
  const folders = [env['ProgramFiles'], env['ProgramFiles(x86)'], env['LOCALAPPDATA']];
  return folders.flatMap((folder) => (folder === undefined ? [] : [join(folder, ON_WINDOWS)]));
}

function systemOpener(platform: string): readonly [string, ...string[]] {
  if (platform === 'darwin') return ['open'];
  // Not `start`: it belongs to the shell, which would read the address for commands.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return ['xdg-open'];
}
