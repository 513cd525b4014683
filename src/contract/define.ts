/** How commands and events are written down. */

import type { BaseIssue, BaseSchema, InferOutput } from 'valibot';

export type Schema<T = unknown> = BaseSchema<unknown, T, BaseIssue<unknown>>;

/**
 * - read: changes nothing on an ensemble
 * - write: changes an ensemble; refused on a read-only connection
 * - admin: changes the app itself (settings, profiles, local servers), or opens and closes connections
 */
export type Access = 'read' | 'write' | 'admin';

export interface Command<P extends Schema = Schema, R extends Schema = Schema> {
  readonly access: Access;
  /** A write command's params always name their connection. */
  readonly params: P;
  readonly result: R;
}

export function command<P extends Schema, R extends Schema>(access: Access, params: P, result: R): Command<P, R> {
  return { access, params, result };
}

export type ParamsOf<C> = C extends Command<infer P, Schema> ? InferOutput<P> : never;
export type ResultOf<C> = C extends Command<Schema, infer R> ? InferOutput<R> : never;
