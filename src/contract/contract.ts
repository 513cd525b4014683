/** All that the view may ask of the app, and all that the app tells it by itself. */

import type { InferOutput } from 'valibot';
import { appCommands, appEvents } from './app.ts';
import { clusterCommands, clusterEvents } from './cluster.ts';
import { connectionCommands, connectionEvents } from './connections.ts';
import type { ParamsOf, ResultOf } from './define.ts';
import { historyCommands, historyEvents } from './history.ts';
import { labCommands, labEvents } from './lab.ts';
import { nodeCommands, nodeEvents } from './nodes.ts';
import { transferCommands, transferEvents } from './transfer.ts';
import { watchCommands, watchEvents } from './watches.ts';

export const COMMANDS = {
  ...appCommands,
  ...connectionCommands,
  ...nodeCommands,
  ...watchCommands,
  ...clusterCommands,
  ...labCommands,
  ...transferCommands,
  ...historyCommands,
} as const;

export const EVENTS = {
  ...appEvents,
  ...connectionEvents,
  ...nodeEvents,
  ...watchEvents,
  ...clusterEvents,
  ...labEvents,
  ...transferEvents,
  ...historyEvents,
} as const;

export type CommandName = keyof typeof COMMANDS;
export type EventName = keyof typeof EVENTS;
export type Params<N extends CommandName> = ParamsOf<(typeof COMMANDS)[N]>;
export type Result<N extends CommandName> = ResultOf<(typeof COMMANDS)[N]>;
export type EventPayload<N extends EventName> = InferOutput<(typeof EVENTS)[N]>;
