/**
 * The view's side of the contract: typed calls and events over any link.
 * In: a link. Out: `call` and `on`. Must hold: a call always settles; it rejects with ApiError and nothing else.
 */

import { createBirpc } from 'birpc';
import type { CommandName, EventName, EventPayload, Params, Result } from '../../contract/contract.ts';
import type { Failure } from '../../contract/shapes.ts';
import type { CallOutcome, HostFunctions, ViewFunctions } from '../../contract/wire-api.ts';
import { LinkSendError, Listeners, type Link, type LinkState } from './link.ts';
import { plainValue } from './plain-value.ts';

export type { Link, LinkState } from './link.ts';

/** A call that failed. `failure` is what the host said, or what this side knows when the host could not be asked. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

export interface CallOptions {
  /**
   * Asks the host to stop. The promise still settles by what the host answers: as a rule a failure of kind
   * `cancelled`, or the result of what was done until then.
   */
  readonly signal?: AbortSignal | undefined;
}

export interface Api {
  /** @throws ApiError */
  call<N extends CommandName>(name: N, params: Params<N>, options?: CallOptions): Promise<Result<N>>;
  /** Calls `listener` for each event from now on, in the order in which the host sent them. @returns stops listening */
  on<N extends EventName>(event: N, listener: (payload: EventPayload<N>) => void): () => void;
  readonly linkState: LinkState;
  /** @returns stops listening */
  onLinkState(listener: (state: LinkState) => void): () => void;
  /** Tries a lost link again at once. */
  reconnect(): void;
  close(): void;
}

const LOST = 'ConnectionLost';

/**
 * Makes the typed client over a link.
 * Calls made before the link is open for the first time wait for it; while it is lost they fail at once.
 */
export function createApi(link: Link): Api {
  const listeners = new Map<string, Listeners<unknown>>();
  const event: ViewFunctions['event'] = (name, payload) => {
    try {
      listeners.get(name)?.tell(payload);
    } catch (error) {
      // A listener's bug belongs to the page's own error handling; the carrier would swallow it.
      queueMicrotask(() => {
        throw error;
      });
    }
  };
  const rpc = createBirpc<HostFunctions, ViewFunctions>({ event }, {
    post: (frame) => link.send(frame),
    on: (receive) => void link.onFrame(receive),
    // Only what this side offers: never something inherited from Object.
    resolver: (name) => (name === 'event' ? event : undefined),
    // Long work is cancelled by the person, never by a clock.
    timeout: -1,
  });

  link.onState((state) => {
    if (state.kind === 'open' || state.kind === 'connecting') return;
    void rpc.$rejectPendingCalls(({ reject }) => reject(new ApiError(lostFailure(state, false))));
  });

  let calls = 0;
  const call = async (name: CommandName, params: unknown, options: CallOptions): Promise<unknown> => {
    const { signal } = options;
    await opened(link, signal);
    if (signal?.aborted) throw new ApiError(cancelledFailure());
    const callId = `c${++calls}`;
    const cancel = (): void => {
      if (link.state.kind === 'open') void rpc.cancel.asEvent(callId).catch(() => undefined);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return valueOf(await rpc.call(callId, name, plainValue(params)));
    } catch (error) {
      throw asApiError(error, link.state);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  };

  return {
    call: (name, params, options = {}) => call(name, params, options) as Promise<never>,
    on(name, listener) {
      const own = listeners.get(name) ?? new Listeners<unknown>();
      listeners.set(name, own);
      return own.add(listener as (payload: unknown) => void);
    },
    get linkState() {
      return link.state;
    },
    onLinkState: (listener) => link.onState(listener),
    reconnect: () => link.reconnect(),
    close: () => link.close(),
  };
}

/** Resolves when the link is open for the first time. */
function opened(link: Link, signal: AbortSignal | undefined): Promise<void> {
  if (link.state.kind === 'open') return Promise.resolve();
  if (link.state.kind !== 'connecting') return Promise.reject(new ApiError(lostFailure(link.state, true)));
  return new Promise((resolve, reject) => {
    const settle = (then: () => void): void => {
      stop();
      signal?.removeEventListener('abort', aborted);
      then();
    };
    const aborted = (): void => settle(() => reject(new ApiError(cancelledFailure())));
    const stop = link.onState((state) => {
      if (state.kind === 'open') settle(resolve);
      else if (state.kind !== 'connecting') settle(() => reject(new ApiError(lostFailure(state, true))));
    });
    signal?.addEventListener('abort', aborted);
    if (signal?.aborted) aborted();
  });
}

function valueOf(outcome: CallOutcome): unknown {
  if (outcome.ok) return outcome.value;
  throw new ApiError(outcome.failure);
}

/** Whatever went wrong below, as the one class that callers know. */
function asApiError(error: unknown, state: LinkState): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof LinkSendError) {
    return error.code === 'NotOpen'
      ? new ApiError(lostFailure(state, true))
      : new ApiError(failure({ kind: 'usage', code: 'TooLarge', message: error.message, layer: 'request', retrySafe: true }));
  }
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError(failure({ kind: 'bug', code: 'Bug', message, retrySafe: false }));
}

/** @param unsent whether the call certainly never left this side */
function lostFailure(state: LinkState, unsent: boolean): Failure {
  const why = state.reason === null ? '' : ` (${state.reason})`;
  const message = unsent
    ? `there is no connection to Zooscope${why}`
    : `the connection to Zooscope was lost before its answer came${why}`;
  return failure({ kind: 'weather', code: LOST, message, hint: 'hint.appLost', retrySafe: unsent });
}

function cancelledFailure(): Failure {
  return failure({ kind: 'cancelled', code: 'Cancelled', message: 'cancelled', retrySafe: true });
}

function failure(fields: Pick<Failure, 'kind' | 'code' | 'message' | 'retrySafe'> & Partial<Failure>): Failure {
  return { layer: 'app', hint: null, path: null, ...fields };
}
