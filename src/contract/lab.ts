/** Local servers that this app makes and runs. */

import * as v from 'valibot';
import { command } from './define.ts';
import { Count, FailureShape } from './shapes.ts';

export const LabServer = v.object({
  labId: v.string(),
  name: v.string(),
  engine: v.picklist(['embedded']),
  state: v.picklist(['stopped', 'starting', 'running', 'failed']),
  connectString: v.nullable(v.string()),
  pid: v.nullable(Count),
  dataDir: v.string(),
  profileId: v.string(),
  failure: v.nullable(FailureShape),
});
export type LabServer = v.InferOutput<typeof LabServer>;

export const labCommands = {
  'lab.list': command('read', v.object({}), v.array(LabServer)),
  /** Makes a server (directory, zoo.cfg, sample tree when asked), starts it, saves a profile for it. Resolves when it serves. */
  'lab.create': command('admin', v.object({ name: v.nullable(v.string()), sampleTree: v.boolean() }), LabServer),
  'lab.start': command('admin', v.object({ labId: v.string() }), LabServer),
  'lab.stop': command('admin', v.object({ labId: v.string() }), LabServer),
};

export const labEvents = { 'lab.changed': LabServer };
