/**
 * Scroll positions where there are more pixels than an element can be high (33,554,428 in Chromium). Up to a limit one
 * is the other; above it the bar's position stands for a share of the whole, while small moves (wheel, keys) still move
 * by their own pixels.
 */

export const HEIGHT_MAX = 16_000_000;

export class ScrollMap {
  /** Pixels that all rows would take. */
  readonly content: number;
  /** Pixels that the scrolled element has. */
  readonly height: number;
  readonly #viewport: number;

  constructor(contentPx: number, viewportPx: number, heightMax = HEIGHT_MAX) {
    this.content = contentPx;
    this.height = Math.min(contentPx, heightMax);
    this.#viewport = viewportPx;
  }

  get #contentRange(): number {
    return Math.max(0, this.content - this.#viewport);
  }

  get #barRange(): number {
    return Math.max(0, this.height - this.#viewport);
  }

  clamp(offset: number): number {
    return Math.min(Math.max(0, offset), this.#contentRange);
  }

  /** Where the bar stands for an offset into the content. */
  barAt(offset: number): number {
    if (this.height === this.content) return offset;
    return this.#contentRange === 0 ? 0 : (offset / this.#contentRange) * this.#barRange;
  }

  /**
   * The offset into the content after the bar was moved.
   *
   * @param bar where it stands now
   * @param before where it stood, and the offset it stood for
   */
  offsetAt(bar: number, before: { readonly bar: number; readonly offset: number }): number {
    if (this.height === this.content) return this.clamp(bar);
    if (bar <= 0) return 0;
    if (bar >= this.#barRange - 1) return this.#contentRange;
    const moved = bar - before.bar;
    if (Math.abs(moved) <= this.#viewport * 2) return this.clamp(before.offset + moved);
    return this.clamp((bar / this.#barRange) * this.#contentRange);
  }
}
