/** Where the app keeps its documents and its local servers. */

import { isAbsolute, join, resolve } from 'node:path';

export interface Surroundings {
  /** process.env */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** process.platform */
  readonly platform: string;
  /** os.homedir() */
  readonly home: string;
}

/**
 * The directory, absolute; it may not be there yet. ZOOSCOPE_HOME names it; else it is where the system keeps what
 * programs store: the XDG base directories, macOS's Application Support, Windows' %APPDATA%.
 */
export function dataDirectory({ env, platform, home }: Surroundings): string {
  const own = env['ZOOSCOPE_HOME'];
  if (own !== undefined && own !== '') return resolve(own);
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Zooscope');
  if (platform === 'win32') return join(env['APPDATA'] ?? join(home, 'AppData', 'Roaming'), 'Zooscope');
  // A relative path in XDG_DATA_HOME is to be ignored, says the specification.
  const xdg = env['XDG_DATA_HOME'];
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, '.local', 'share'), 'zooscope');
}
