/**
 * One view, served: its calls go to the dispatcher, the app's events go to it. The same for every carrier.
 * Must hold: each view has a door of its own, and reaches only its own calls; a malformed frame ends this view and
 * nothing else; the door closes with the view.
 */

import { createBirpc } from 'birpc';
import type { Logger } from '../base/logger.ts';
import type { Failure } from '../contract/shapes.ts';
import type { CallOutcome, HostFunctions, ViewFunctions } from '../contract/wire-api.ts';
import { ownBytes } from './own-bytes.ts';
import { readViewFrame } from './view-frames.ts';

/** The host's end of a carrier. After `close`, or once the other side is gone, `send` does nothing. */
export interface ViewChannel {
  /** @param kind an event may be the reason to give up on a view that does not read */
  send(frame: unknown, kind: 'answer' | 'event'): void;
  onFrame(listener: (frame: unknown) => void): void;
  /** Called once, whoever ended it. */
  onClose(listener: () => void): void;
  close(reason: string): void;
}

/** The part of a view's dispatcher that is needed here. */
export interface CallDoor {
  call(callId: string, command: string, params: unknown): Promise<CallOutcome>;
  cancel(callId: string): void;
  /** @returns stops listening */
  onEvent(listener: (name: string, payload: unknown) => void): () => void;
  /** The view has gone: ends what it had running. */
  close(): void;
}

/** Makes the door of a view that has just come. */
export type OpenDoor = () => CallDoor;

/**
 * Serves a view until its channel closes.
 *
 * @param logger told about malformed frames, and about a dispatcher that throws (a bug: it answers with values)
 */
export function serveView(channel: ViewChannel, openDoor: OpenDoor, logger: Logger): void {
  const door = openDoor();
  let open = true;

  const call: HostFunctions['call'] = async (callId, command, params) => {
    try {
      return ownBytes(await door.call(callId, command, params)) as CallOutcome;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      logger.log('error', `the call ${command} threw: ${message}`);
      return { ok: false, failure: bug(message) };
    }
  };
  const cancel: HostFunctions['cancel'] = (callId) => door.cancel(callId);

  let receive: (frame: unknown) => void = () => undefined;
  const rpc = createBirpc<ViewFunctions, HostFunctions>({ call, cancel }, {
    post: (frame) => {
      if (open) channel.send(frame, isAnswer(frame) ? 'answer' : 'event');
    },
    on: (listener) => {
      receive = listener;
    },
    // Never what every object inherits.
    resolver: (name) => (name === 'call' ? call : name === 'cancel' ? cancel : undefined),
    timeout: -1,
    onGeneralError(error) {
      logger.log('error', `an answer could not be sent to the view: ${error.message}`);
      channel.close('an answer could not be sent');
      return true;
    },
  });

  const stopEvents = door.onEvent((name, payload) => {
    void rpc.event.asEvent(name, ownBytes(payload)).catch((error: unknown) => {
      logger.log('error', `the event ${name} could not be sent to the view: ${String(error)}`);
    });
  });
  channel.onFrame((value) => {
    if (!open) return;
    const frame = readViewFrame(value);
    if (frame === null) {
      logger.log('warn', 'a view sent a malformed frame and was cut off');
      channel.close('malformed frame');
    } else {
      receive(frame);
    }
  });
  channel.onClose(() => {
    open = false;
    stopEvents();
    door.close();
    rpc.$close();
  });
}

const isAnswer = (frame: unknown): boolean => (frame as { readonly t?: unknown }).t === 's';

function bug(message: string): Failure {
  return { kind: 'bug', code: 'Bug', message, layer: 'app', hint: 'hint.report', path: null, retrySafe: false };
}
