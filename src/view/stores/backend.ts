/**
 * The one way from the stores to the app behind the view. The page hands the api in once, before any store is used;
 * components never see it.
 */

import type { Failure } from '../../contract/shapes.ts';
import { ApiError, type Api } from '../api/client.ts';

let current: Api | null = null;

/** Thrown when a store is used before the page has handed the api in: a mistake of ours. */
export class NoBackendError extends Error {
  override readonly name = 'NoBackendError';
}

/** Hands the api in. Tests hand in one over a memory link. */
export function provideBackend(api: Api): void {
  current = api;
}

/** @throws NoBackendError before `provideBackend` */
export function backend(): Api {
  if (current === null) throw new NoBackendError('the api was not handed in');
  return current;
}

/** What any thrown thing means to a person. What is no ApiError is a bug of ours, and says so. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof ApiError) return thrown.failure;
  return {
    kind: 'bug',
    code: 'Bug',
    message: thrown instanceof Error ? thrown.message : String(thrown),
    layer: 'app',
    hint: 'hint.report',
    path: null,
    retrySafe: false,
  };
}

/** True for a call that ended because it was cancelled: nothing to tell anybody. */
export function isCancelled(thrown: unknown): boolean {
  return thrown instanceof ApiError && thrown.failure.kind === 'cancelled';
}
