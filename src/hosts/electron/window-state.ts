/** Where the window was, for the next start. */

import type { Rectangle } from 'electron';
import * as v from 'valibot';
import type { Store } from '../../services/ports.ts';

const VERSION = 1;
const whole = v.pipe(v.number(), v.integer());
const WindowState = v.object({
  schema: v.literal(VERSION),
  bounds: v.object({ x: whole, y: whole, width: v.pipe(whole, v.minValue(1)), height: v.pipe(whole, v.minValue(1)) }),
  maximized: v.boolean(),
});

export interface WindowPlace {
  /** Null: let the system choose where. */
  readonly bounds: Rectangle | null;
  readonly maximized: boolean;
}

/** So much of the window has to be on a screen for it to be put back there, pixels. */
const SEEN_MIN = 100;

/** @param screens the work areas of the screens that there are now */
export async function loadWindowPlace(store: Store, screens: readonly Rectangle[]): Promise<WindowPlace> {
  const stored = await store.load();
  const parsed = stored.kind === 'document' ? v.safeParse(WindowState, stored.value) : null;
  if (!parsed?.success) return { bounds: null, maximized: false };
  const { bounds, maximized } = parsed.output;
  const seen = screens.some((screen) => overlap(screen, bounds) >= SEEN_MIN);
  return { bounds: seen ? bounds : null, maximized };
}

/** @throws the system's error when it cannot be saved */
export function saveWindowPlace(store: Store, bounds: Rectangle, maximized: boolean): Promise<void> {
  return store.save({ schema: VERSION, bounds, maximized });
}

/** The smaller side of what two rectangles share; negative when they are apart. */
function overlap(a: Rectangle, b: Rectangle): number {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.min(across, down);
}
