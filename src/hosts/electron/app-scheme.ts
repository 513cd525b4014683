/** The view's own scheme: files of the build, nothing else, each with the security headers. */

import { readFile } from 'node:fs/promises';
import type { CustomScheme } from 'electron';
import { SECURITY_HEADERS } from '../security-headers.ts';
import type { StaticFiles } from '../static-files.ts';

export const SCHEME = 'app';
const HOST = 'zooscope';

/** The first page. */
export const START_URL = `${SCHEME}://${HOST}/index.html`;

/** To be registered before the app is ready. `standard` gives it an origin, `secure` what only secure pages may use. */
export const APP_SCHEME: CustomScheme = {
  scheme: SCHEME,
  privileges: { standard: true, secure: true, supportFetchAPI: true, corsEnabled: true, codeCache: true },
};

/** Whether a URL is one of our own pages. */
export function isOurPage(url: string): boolean {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  return parsed?.protocol === `${SCHEME}:` && parsed.host === HOST;
}

/** Answers requests under the scheme. */
export function appSchemeHandler(files: StaticFiles): (request: Request) => Promise<Response> {
  return async ({ url, method }) => {
    const file = isOurPage(url) && (method === 'GET' || method === 'HEAD') ? files.get(new URL(url).pathname) : undefined;
    if (file === undefined) return new Response('Nothing here.', { status: 404, headers: { ...SECURITY_HEADERS } });
    const headers = { ...SECURITY_HEADERS, 'Content-Type': file.type, 'Cache-Control': 'no-store' };
    return new Response(method === 'HEAD' ? null : Uint8Array.from(await readFile(file.file)), { headers });
  };
}
