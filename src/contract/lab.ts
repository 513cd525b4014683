/** Local servers and ensembles that this app makes and runs. */

import * as v from 'valibot';
import { command } from './define.ts';
import { Count, FailureShape, Id64 } from './shapes.ts';

/** One alone, or three that elect a leader. */
export const LAB_SIZES = [1, 3] as const;

/** Whose servers: the embedded one, or Apache ZooKeeper on Java. Both run on the same files. */
export const LAB_ENGINES = ['embedded', 'apache'] as const;
export type EngineName = (typeof LAB_ENGINES)[number];

export const LabServer = v.object({
  /** As in `myid`, from 1. */
  id: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** stopped: on purpose; killed: by force, from here; failed: it ended by itself, or did not start. */
  state: v.picklist(['stopped', 'starting', 'running', 'killed', 'failed']),
  pid: v.nullable(Count),
  /** On 127.0.0.1; the same from one start to the next. */
  clientPort: Count,
  /** As it said when it was asked last; null: it does not serve, as during an election. */
  role: v.nullable(v.picklist(['leader', 'follower', 'observer', 'standalone', 'read-only'])),
  zxid: v.nullable(Id64),
  failure: v.nullable(FailureShape),
});
export type LabServer = v.InferOutput<typeof LabServer>;

export const Lab = v.object({
  labId: v.string(),
  name: v.string(),
  engine: v.picklist(LAB_ENGINES),
  /** noQuorum: some run, too few to take a write. */
  state: v.picklist(['stopped', 'starting', 'running', 'noQuorum', 'failed']),
  /** While it is started: processes, then the first write, then the sample tree. */
  phase: v.nullable(v.picklist(['servers', 'write', 'sample'])),
  /** Every server, running or not; null when its files cannot be read. */
  connectString: v.nullable(v.string()),
  servers: v.array(LabServer),
  dataDir: v.string(),
  profileId: v.string(),
  failure: v.nullable(FailureShape),
});
export type Lab = v.InferOutput<typeof Lab>;

const LabRef = v.object({ labId: v.string() });
const LabServerRef = v.object({ labId: v.string(), serverId: Count });

export const labCommands = {
  'lab.list': command('read', v.object({}), v.array(Lab)),
  /**
   * Makes one server or three (directories, zoo.cfg, myid; the sample tree when asked), starts them, saves a profile
   * for them. Resolves when a write has succeeded; how far it is comes by `lab.changed`.
   */
  'lab.create': command(
    'admin',
    v.object({ name: v.nullable(v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200))), size: v.picklist(LAB_SIZES), sampleTree: v.boolean() }),
    Lab,
  ),
  /** Starts every server that does not run. Resolves when a write has succeeded. */
  'lab.start': command('admin', LabRef, Lab),
  'lab.stop': command('admin', LabRef, Lab),
  /** Resolves when it listens; it may still have to find the leader. */
  'lab.startServer': command('admin', LabServerRef, Lab),
  'lab.stopServer': command('admin', LabServerRef, Lab),
  /** SIGKILL, as a crash or an operator would. */
  'lab.killServer': command('admin', LabServerRef, Lab),
  /** Stops it, closes its connections, and removes it with its data and its profile. `typedName` has to be its name. */
  'lab.remove': command('admin', v.object({ labId: v.string(), typedName: v.string() }), v.null()),
  /** Starts or stops asking the servers for their roles; the answers come by `lab.changed`. */
  'lab.watch': command('read', v.object({ on: v.boolean() }), v.null()),
};

export const labEvents = { 'lab.changed': Lab, 'lab.removed': LabRef };
