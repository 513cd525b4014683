/**
 * Does what was chosen in a menu when the menu is gone. Must hold: the menu has given the focus back by then, so that
 * a dialog which the choice opens keeps the focus, and returns it to where the menu was opened.
 */

import type { MenuAction } from './menu-item.ts';

export interface MenuChoice {
  /** An item was chosen. */
  readonly choose: (item: MenuAction) => void;
  /** The menu gives the focus back now. */
  readonly closed: () => void;
}

export function useMenuChoice(): MenuChoice {
  let chosen: MenuAction | null = null;
  return {
    choose(item) {
      chosen = item;
    },
    closed() {
      const item = chosen;
      chosen = null;
      // The primitive gives the focus back in a timer of its own, which is set after this was called.
      if (item !== null) setTimeout(() => setTimeout(() => item.run()));
    },
  };
}
