/** As little menu as the systems need: roles only, so that the system names them in its own language. */

import type { MenuItemConstructorOptions } from 'electron';

/** @param platform process.platform: macOS takes the shortcuts of text fields from the menu, and has one of the app */
export function menuTemplate(platform: string): MenuItemConstructorOptions[] {
  const ofApp: MenuItemConstructorOptions[] = platform === 'darwin' ? [{ role: 'appMenu' }] : [];
  const view: MenuItemConstructorOptions = {
    role: 'viewMenu',
    submenu: [{ role: 'reload' }, { type: 'separator' }, { role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }, { type: 'separator' }, { role: 'togglefullscreen' }],
  };
  return [...ofApp, { role: 'editMenu' }, view, { role: 'windowMenu' }];
}
