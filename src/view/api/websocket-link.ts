/**
 * The link to the web host: one WebSocket at a time, opened again when it is lost, a little later each time.
 * Must hold: never two sockets at once; attempts are bounded, after which only `reconnect()` tries again.
 */

import { VIEW_FRAME_BYTES_MAX } from '../../contract/wire-api.ts';
import { decodeFrame, encodeFrame } from './frames.ts';
import { LinkSendError, Listeners, type Link, type LinkState } from './link.ts';

const RETRY_FIRST_MS = 250;
const RETRY_LONGEST_MS = 5_000;
/** About five minutes of trying. */
const ATTEMPTS_MAX = 64;
const OPEN = 1;

/** The part of a browser's WebSocket that is used here. */
export interface SocketLike {
  binaryType: string;
  readonly readyState: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
}

export interface WebSocketLinkOptions {
  /** `ws://127.0.0.1:4711/socket` */
  readonly url: string;
  /** Opens a socket; the browser's WebSocket when absent. */
  readonly open?: (url: string) => SocketLike;
  /**
   * Asked before another attempt: whether the host still knows this page. False ends the link for good;
   * a rejection means that the host cannot be reached, so that trying again makes sense.
   */
  readonly accepted?: () => Promise<boolean>;
}

const browserSocket = (url: string): SocketLike => new WebSocket(url) as unknown as SocketLike;

/** Opens a WebSocket to the host and keeps it open. */
export function webSocketLink(options: WebSocketLinkOptions): Link {
  return new WebSocketLink(options);
}

class WebSocketLink implements Link {
  readonly #options: WebSocketLinkOptions;
  readonly #states = new Listeners<LinkState>();
  readonly #frames = new Listeners<unknown>();
  #state: LinkState = { kind: 'connecting', reason: null, opened: 0, retryAtMs: null };
  #socket: SocketLike | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #attempts = 0;

  constructor(options: WebSocketLinkOptions) {
    this.#options = options;
    void this.#attempt();
  }

  get state(): LinkState {
    return this.#state;
  }

  onState(listener: (state: LinkState) => void): () => void {
    return this.#states.add(listener);
  }

  onFrame(listener: (frame: unknown) => void): () => void {
    return this.#frames.add(listener);
  }

  send(frame: unknown): void {
    if (this.#socket?.readyState !== OPEN) throw new LinkSendError('NotOpen', 'the link is not open');
    const bytes = encodeFrame(frame);
    if (bytes.length > VIEW_FRAME_BYTES_MAX) {
      throw new LinkSendError('TooLarge', `${bytes.length} bytes are too many for one request (at most ${VIEW_FRAME_BYTES_MAX})`);
    }
    this.#socket.send(bytes);
  }

  reconnect(): void {
    if (this.#state.kind !== 'lost' || this.#socket !== null) return;
    this.#stopTimer();
    this.#attempts = 0;
    void this.#attempt();
  }

  close(): void {
    this.#end(null);
  }

  async #attempt(): Promise<void> {
    this.#timer = null;
    this.#attempts++;
    // The first attempt needs no question: the page itself has just been served.
    const first = this.#attempts === 1 && this.#state.opened === 0;
    const known = first || (await stillAccepted(this.#options.accepted));
    if (this.#state.kind === 'closed' || this.#socket !== null) return;
    if (known) this.#connect();
    else this.#end('Zooscope was started anew: open the address that it printed');
  }

  #connect(): void {
    const { url, open = browserSocket } = this.#options;
    let socket: SocketLike;
    try {
      socket = open(url);
    } catch (error) {
      this.#lost(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.#attempts = 0;
      this.#move({ kind: 'open', opened: this.#state.opened + 1 });
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ reason }) => this.#lost(reason === '' ? 'no connection to its host' : reason);
    socket.onerror = () => undefined;
  }

  #receive(data: unknown): void {
    const frame = data instanceof ArrayBuffer ? readFrame(data) : undefined;
    if (frame !== undefined) {
      this.#frames.tell(frame);
      return;
    }
    this.#socket?.close();
    this.#lost('a message from the host could not be read');
  }

  #lost(reason: string): void {
    this.#detach();
    if (this.#attempts >= ATTEMPTS_MAX) {
      this.#move({ kind: 'lost', reason });
      return;
    }
    const delayMs = Math.min(RETRY_FIRST_MS * 2 ** Math.min(this.#attempts, 10), RETRY_LONGEST_MS);
    this.#stopTimer();
    this.#timer = setTimeout(() => void this.#attempt(), delayMs);
    this.#move({ kind: 'lost', reason, retryAtMs: Date.now() + delayMs });
  }

  #end(reason: string | null): void {
    this.#stopTimer();
    this.#detach()?.close();
    if (this.#state.kind !== 'closed') this.#move({ kind: 'closed', reason });
  }

  #move(change: Partial<LinkState>): void {
    this.#state = { ...this.#state, reason: null, retryAtMs: null, ...change };
    this.#states.tell(this.#state);
  }

  /** Lets go of the socket: nothing that it still does is heard. */
  #detach(): SocketLike | null {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return null;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    // An error may still come, and an error without a listener would end a process that stands in for a browser.
    socket.onerror = () => undefined;
    return socket;
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** Undefined when the message is not one well-formed value. */
function readFrame(data: ArrayBuffer): unknown {
  try {
    return decodeFrame(new Uint8Array(data));
  } catch {
    return undefined;
  }
}

async function stillAccepted(ask: (() => Promise<boolean>) | undefined): Promise<boolean> {
  if (ask === undefined) return true;
  try {
    return await ask();
  } catch {
    return true;
  }
}
