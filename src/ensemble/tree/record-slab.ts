/** Records of one size in large buffers: taken, given back, read and written by field; nothing for the garbage collector. */

/** A record's place; used again after it was given back. Begins with 0. */
export type RecordId = number;

const NO_RECORD = -1;

export class RecordSlab {
  readonly #recordBytes: number;
  readonly #shift: number;
  readonly #mask: number;
  readonly #views: DataView[] = [];
  #top = 0;
  #freeHead: RecordId = NO_RECORD;

  /** @param shift 2^shift records to a buffer */
  constructor(recordBytes: number, shift: number) {
    this.#recordBytes = recordBytes;
    this.#shift = shift;
    this.#mask = (1 << shift) - 1;
  }

  get heldBytes(): number {
    return this.#views.length * (this.#recordBytes << this.#shift);
  }

  /** All ids ever taken are below this. */
  get top(): number {
    return this.#top;
  }

  /** A record of zeros. */
  take(): RecordId {
    const free = this.#freeHead;
    if (free !== NO_RECORD) {
      this.#freeHead = this.int(free, 0);
      const at = (free & this.#mask) * this.#recordBytes;
      new Uint8Array((this.#views[free >>> this.#shift] as DataView).buffer, at, this.#recordBytes).fill(0);
      return free;
    }
    if (this.#top === this.#views.length << this.#shift) {
      this.#views.push(new DataView(new ArrayBuffer(this.#recordBytes << this.#shift)));
    }
    return this.#top++;
  }

  /** Its first four bytes are overwritten; the rest stays until it is taken again. */
  free(id: RecordId): void {
    this.setInt(id, 0, this.#freeHead);
    this.#freeHead = id;
  }

  int(id: RecordId, field: number): number {
    return (this.#views[id >>> this.#shift] as DataView).getInt32((id & this.#mask) * this.#recordBytes + field);
  }

  setInt(id: RecordId, field: number, value: number): void {
    (this.#views[id >>> this.#shift] as DataView).setInt32((id & this.#mask) * this.#recordBytes + field, value);
  }

  long(id: RecordId, field: number): bigint {
    return (this.#views[id >>> this.#shift] as DataView).getBigInt64((id & this.#mask) * this.#recordBytes + field);
  }

  /** Writes a long's eight bytes into another piece of memory, without making a bigint of them. */
  copyLong(id: RecordId, field: number, to: DataView, at: number): void {
    const view = this.#views[id >>> this.#shift] as DataView;
    const from = (id & this.#mask) * this.#recordBytes + field;
    to.setInt32(at, view.getInt32(from));
    to.setInt32(at + 4, view.getInt32(from + 4));
  }

  setLong(id: RecordId, field: number, value: bigint): void {
    (this.#views[id >>> this.#shift] as DataView).setBigInt64((id & this.#mask) * this.#recordBytes + field, value);
  }
}
