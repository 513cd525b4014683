/**
 * What pages may not do, whatever they try: leave the app, open windows, embed others, ask for permissions, reach
 * the network.
 */

import type { App, Session, Shell, WebContents } from 'electron';
import type { Logger } from '../../base/logger.ts';
import { isOurPage } from './app-scheme.ts';

/** Sites that a link of ours may lead to, in the system's browser. */
const LINKED_HOSTS: ReadonlySet<string> = new Set(['zookeeper.apache.org', 'github.com', 'issues.apache.org']);

/** The one permission that pages have: writing text to the clipboard, for what people copy. */
const CLIPBOARD_WRITE = 'clipboard-sanitized-write';

const LOCAL_SCHEMES: ReadonlySet<string> = new Set(['app:', 'blob:', 'data:', 'devtools:']);

/** Guards every page that is ever made. */
export function lockDownPages(app: App, shell: Shell, logger: Logger): void {
  app.on('web-contents-created', (_event, contents) => lockDownPage(contents, shell, logger));
}

function lockDownPage(contents: WebContents, shell: Shell, logger: Logger): void {
  const refuse = (event: { preventDefault(): void }, url: string): void => {
    // A reload is a navigation to the page itself.
    if (isOurPage(url)) return;
    event.preventDefault();
    logger.log('warn', `a page was not let go to ${url}`);
  };
  contents.on('will-navigate', (event) => refuse(event, event.url));
  contents.on('will-redirect', (event) => refuse(event, event.url));
  contents.on('will-frame-navigate', (event) => refuse(event, event.url));
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    if (mayOpenOutside(url)) void shell.openExternal(url).catch(() => undefined);
    else logger.log('warn', `a link was not opened: ${url}`);
    return { action: 'deny' };
  });
}

/** https, to a site of the list, and without a name or password in it. */
export function mayOpenOutside(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, port, username, password } = new URL(url);
  return protocol === 'https:' && LINKED_HOSTS.has(hostname) && port === '' && username === '' && password === '';
}

/** Guards the session that all windows share. */
export function lockDownSession(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, answer) => {
    answer(permission === CLIPBOARD_WRITE && isOurPage(contents.getURL()));
  });
  session.setPermissionCheckHandler((_contents, permission, origin) => permission === CLIPBOARD_WRITE && isOurPage(origin));
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest(({ url }, answer) => {
    answer({ cancel: !URL.canParse(url) || !LOCAL_SCHEMES.has(new URL(url).protocol) });
  });
}
