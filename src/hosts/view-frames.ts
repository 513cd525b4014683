/**
 * What a view may send. Views are not trusted: whatever comes from one is checked here before anything looks at it.
 */

import * as v from 'valibot';

const CallId = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const RequestId = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

/** birpc's request for one of the host's two functions; answers are not expected from a view. */
const ViewFrame = v.variant('m', [
  v.strictObject({
    t: v.literal('q'),
    m: v.literal('call'),
    a: v.strictTuple([CallId, v.pipe(v.string(), v.maxLength(64)), v.unknown()]),
    i: RequestId,
  }),
  v.strictObject({ t: v.literal('q'), m: v.literal('cancel'), a: v.strictTuple([CallId]) }),
]);
export type ViewFrame = v.InferOutput<typeof ViewFrame>;

/** The frame, or null when it is not one that a view may send. */
export function readViewFrame(value: unknown): ViewFrame | null {
  const parsed = v.safeParse(ViewFrame, value);
  return parsed.success ? parsed.output : null;
}
