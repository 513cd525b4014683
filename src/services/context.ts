/** What every command handler gets beside its params, and how handlers are typed. */

import type { Unsubscribe } from '../base/emitter.ts';
import type { CancelSignal } from '../base/signal.ts';
import type { CommandName, EventName, EventPayload, Params, Result } from '../contract/contract.ts';

/** The window or page that calls; what it asked to be kept going ends with it. */
export interface Caller {
  /** Calls `fn` once when the view goes away, at once if it has. */
  onGone(fn: () => void): Unsubscribe;
}

export interface CallContext {
  readonly signal: CancelSignal;
  readonly caller: Caller;
}

export type Handler<N extends CommandName> = (params: Params<N>, context: CallContext) => Promise<Result<N>> | Result<N>;
export type Handlers = { readonly [N in CommandName]: Handler<N> };
/** Some of the handlers, as one service brings them. */
export type HandlersOf<N extends CommandName> = Pick<Handlers, N>;

/** Tells every view. */
export type Tell = <N extends EventName>(name: N, payload: EventPayload<N>) => void;

export type ServiceEvent = { readonly [N in EventName]: { readonly name: N; readonly payload: EventPayload<N> } }[EventName];
