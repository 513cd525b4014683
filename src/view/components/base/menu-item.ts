/** What a menu shows, the same for drop-down and context menus. */

import type { Component } from 'vue';

export interface MenuAction {
  readonly kind?: 'action' | undefined;
  readonly id: string;
  readonly label: string;
  readonly icon?: Component | undefined;
  /** Key binding, shown at the right. */
  readonly keys?: string | undefined;
  readonly danger?: boolean | undefined;
  readonly disabled?: boolean | undefined;
  /** A tick in front: the one chosen of several. */
  readonly checked?: boolean | undefined;
  readonly run: () => void;
}

/** What a screen reader is told of a row with a place for a tick: whether it is there. */
export function tickOf({ checked }: MenuAction): { readonly role?: 'menuitemcheckbox'; readonly 'aria-checked'?: boolean } {
  return checked === undefined ? {} : { role: 'menuitemcheckbox', 'aria-checked': checked };
}

export interface MenuSeparator {
  readonly kind: 'separator';
  readonly id: string;
}

export interface MenuHeading {
  readonly kind: 'heading';
  readonly id: string;
  readonly label: string;
}

export type MenuItem = MenuAction | MenuSeparator | MenuHeading;
