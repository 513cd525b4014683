/**
 * Broken invariants: bugs of ours, never of a peer or a person. They are checked in production,
 * and the message carries the numbers that were wrong.
 */

/** A rule of this program does not hold. Nothing catches it but the outermost host, which reports it. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
  readonly kind = 'bug';
}

/**
 * States what must hold here.
 *
 * @param condition what must be true
 * @param message what is wrong if it is not, with the numbers
 * @throws InvariantError when the condition is false
 */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Marks a branch that the types say cannot be reached. @throws InvariantError always */
export function unreachable(value: never, what: string): never {
  throw new InvariantError(`unreachable: ${what}: ${String(value)}`);
}
