/** A path as UTF-8 in a buffer that is used again and again: looking a node up makes no garbage. */

import { encodeUtf8 } from '../../base/text.ts';

const SLASH = 0x2f;
const START_BYTES = 256;
/** "/zookeeper/" */
const SYSTEM_PREFIX = encodeUtf8('/zookeeper/');

export class PathBytes {
  bytes = new Uint8Array(START_BYTES);
  length = 0;

  /** '/' is kept as the empty path. */
  set(path: string): void {
    if (path === '/') {
      this.length = 0;
      return;
    }
    this.#room(path.length);
    for (let i = 0; i < path.length; i++) {
      const unit = path.charCodeAt(i);
      if (unit >= 0x80) {
        this.setBytes(encodeUtf8(path));
        return;
      }
      this.bytes[i] = unit;
    }
    this.length = path.length;
  }

  setBytes(path: Uint8Array): void {
    this.#room(path.length);
    this.bytes.set(path);
    this.length = path.length;
  }

  /** Where the last slash is; -1 when there is none. */
  lastSlash(): number {
    let at = this.length - 1;
    while (at >= 0 && this.bytes[at] !== SLASH) at--;
    return at;
  }

  /** Whether bytes[0, end) is a path that the digest leaves out: below /zookeeper/. */
  isSystem(end: number): boolean {
    if (end < SYSTEM_PREFIX.length) return false;
    for (let i = 0; i < SYSTEM_PREFIX.length; i++) if (this.bytes[i] !== SYSTEM_PREFIX[i]) return false;
    return true;
  }

  /** The path's length as UTF-16 counts it: one for each sequence, two for one of four bytes. */
  units(): number {
    let units = 0;
    for (let i = 0; i < this.length; i++) {
      const byte = this.bytes[i] as number;
      if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
    }
    return units;
  }

  /** Adds `/name` at the end. */
  push(name: Uint8Array): void {
    this.#room(this.length + 1 + name.length);
    this.bytes[this.length] = SLASH;
    this.bytes.set(name, this.length + 1);
    this.length += 1 + name.length;
  }

  #room(bytes: number): void {
    if (bytes <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(bytes, this.bytes.length * 2));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}
