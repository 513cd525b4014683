/** What can be judged of a page without a person: names of controls, contrast of texts, whether the focus can be seen. */

import type { Page } from 'playwright-core';

/** Controls without a name that a screen reader could speak, as short descriptions. */
export function namelessControls(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const selector = 'button, a[href], input, select, textarea, [role=button], [role=tab], [role=checkbox], [role=radio], [role=combobox], '
      + '[role=treeitem], [role=menuitem], [role=option], [role=textbox], [role=dialog], [role=alertdialog], [role=tree], [role=tablist]';
    const textOf = (element: Element): string =>
      [...element.childNodes].map((node) => {
        if (node.nodeType === Node.TEXT_NODE) return node.textContent ?? '';
        if (!(node instanceof Element) || node.getAttribute('aria-hidden') === 'true') return '';
        return node.getAttribute('aria-label') ?? textOf(node);
      }).join(' ').trim();
    const nameOf = (element: Element): string => {
      const by = (element.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ').trim();
      const labels = 'labels' in element ? [...((element as HTMLInputElement).labels ?? [])].map((label) => label.textContent ?? '').join(' ').trim() : '';
      return by || (element.getAttribute('aria-label') ?? '') || labels || textOf(element) || (element.getAttribute('title') ?? '');
    };
    return [...document.querySelectorAll(selector)]
      .filter((element) => element.checkVisibility() && element.closest('[aria-hidden=true]') === null && !element.closest('.monaco-editor'))
      .filter((element) => nameOf(element).trim() === '')
      .map((element) => element.outerHTML.slice(0, 160));
  });
}

/** Texts whose colour stands out too little from what is behind: below 4.5 to 1, or 3 to 1 for what is switched off. */
export function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    if (canvas === null) return ['no canvas'];
    /** Paints colours over each other and gives what is seen, as three shares of full. */
    const paint = (layers: readonly string[]): number[] => {
      canvas.clearRect(0, 0, 1, 1);
      for (const layer of layers) {
        canvas.fillStyle = layer;
        canvas.fillRect(0, 0, 1, 1);
      }
      return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part / 255);
    };
    const luminance = (parts: readonly number[]): number => {
      const [r = 0, g = 0, b = 0] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement;
      const text = (node.textContent ?? '').trim();
      if (element === null || text === '' || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      if (element.closest('.monaco-editor, .sr-only, script, style, [data-disabled], :disabled, .idle') !== null) continue;
      const box = element.getBoundingClientRect();
      if (box.width < 2 || box.height < 2) continue;
      const behind: string[] = [];
      let opacity = 1;
      for (let at: Element | null = element; at !== null; at = at.parentElement) {
        const style = getComputedStyle(at);
        behind.unshift(style.backgroundColor);
        opacity *= Number(style.opacity);
      }
      const ground = paint(['white', ...behind]);
      const ink = paint(['white', ...behind, getComputedStyle(element).color]);
      const [light, dark] = [luminance(ground), luminance(ink)].sort((a, b) => b - a) as [number, number];
      const contrast = (light + 0.05) / (dark + 0.05);
      if (contrast < 4.5 && opacity === 1) found.push(`${contrast.toFixed(2)} ${element.className} ${text.slice(0, 50)}`);
    }
    return [...new Set(found)];
  });
}

/**
 * Goes through the page with the Tab key, and tells where the focus could not be seen: the page looks the same
 * without it. `seen` says at how many places it could.
 *
 * @param stops at most this many
 */
export async function unseenFocus(page: Page, stops: number): Promise<{ seen: number; unseen: string[] }> {
  const unseen: string[] = [];
  const visited = new Set<string>();
  for (let stop = 0; stop < stops; stop++) {
    await page.keyboard.press('Tab');
    const what = await page.evaluate(() => (document.activeElement === document.body ? '' : document.activeElement?.outerHTML.slice(0, 200)) ?? '');
    // Round the end of the page the focus is with the browser.
    if (what === '' || visited.has(what)) continue;
    visited.add(what);
    const withFocus = await page.screenshot({ animations: 'disabled' });
    await page.evaluate(() => {
      const active = document.activeElement;
      if (!(active instanceof HTMLElement)) return;
      Reflect.set(globalThis, 'wasActive', active);
      active.blur();
    });
    const without = await page.screenshot({ animations: 'disabled' });
    await page.evaluate(() => (Reflect.get(globalThis, 'wasActive') as HTMLElement | undefined)?.focus({ preventScroll: true }));
    if (withFocus.equals(without)) unseen.push(what);
  }
  return { seen: visited.size - unseen.length, unseen };
}
