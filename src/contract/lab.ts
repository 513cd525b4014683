/** Local servers and ensembles that this app makes and runs. */

import * as v from 'valibot';
import { command } from './define.ts';
import { Count, FailureShape, Id64 } from './shapes.ts';

/** Whose servers: the embedded one, or Apache ZooKeeper on Java. Both run on the same files. */
export const LAB_ENGINES = ['embedded', 'apache'] as const;
export type EngineName = (typeof LAB_ENGINES)[number];

export const LabServer = v.object({
  /** As in `myid`, from 1. */
  id: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** It has no vote. */
  observer: v.boolean(),
  /** paused: by SIGSTOP; stopped: on purpose; killed: by force, from here; failed: it ended by itself, or did not start. */
  state: v.picklist(['stopped', 'starting', 'running', 'paused', 'killed', 'failed']),
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
  /** Where Apache ZooKeeper is, as a person chose it; null: it is looked for. */
  zookeeper: v.nullable(v.string()),
  /** Its servers go on when the app ends, however that ends; else they end with it. */
  stays: v.boolean(),
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

const Name = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200));
const Folder = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(4_096));
const Whole = v.pipe(v.number(), v.integer());

/** What is made. */
export const LabOptions = v.object({
  /** null: one that is free. */
  name: v.nullable(Name),
  /** Those that vote; one alone has no observers. */
  servers: v.pipe(Whole, v.minValue(1), v.maxValue(9)),
  observers: v.pipe(Whole, v.minValue(0), v.maxValue(9)),
  /** Of the first server, the others count up; null: any that are free. */
  clientPort: v.nullable(v.pipe(Whole, v.minValue(1), v.maxValue(65_535))),
  engine: v.picklist(LAB_ENGINES),
  zookeeper: v.nullable(Folder),
  stays: v.boolean(),
  sampleTree: v.boolean(),
});
export type LabOptions = v.InferOutput<typeof LabOptions>;

/** What Apache's servers need, as far as it was found. */
export const ApacheFound = v.object({
  java: v.nullable(v.object({ file: v.string(), version: v.nullable(v.string()) })),
  zookeeper: v.nullable(v.object({ folder: v.string(), version: v.nullable(v.string()) })),
  /** What is missing was looked for there: clauses in English, such as `ZOOKEEPER_HOME is not set`. */
  javaLooked: v.array(v.string()),
  zookeeperLooked: v.array(v.string()),
});
export type ApacheFound = v.InferOutput<typeof ApacheFound>;

/** Files of one server, for reading. */
export const LabFiles = v.object({
  configFile: v.string(),
  config: v.string(),
  logFile: v.string(),
  /** The end of what it printed since its last start; empty when there is nothing. */
  log: v.string(),
  /** Whether the log begins before `log`. */
  cut: v.boolean(),
});
export type LabFiles = v.InferOutput<typeof LabFiles>;

const LabRef = v.object({ labId: v.string() });
const LabServerRef = v.object({ labId: v.string(), serverId: Count });

export const labCommands = {
  'lab.list': command('read', v.object({}), v.array(Lab)),
  /**
   * Makes servers (directories, zoo.cfg, myid; the sample tree when asked), starts them, saves a profile for them.
   * Resolves when a write has succeeded; how far it is comes by `lab.changed`.
   */
  'lab.create': command('admin', LabOptions, Lab),
  /** Looks for Java and for Apache ZooKeeper. @param zookeeper a folder of a person's choice */
  'lab.findApache': command('read', v.object({ zookeeper: v.nullable(Folder) }), ApacheFound),
  /** Whether its servers go on when the app ends. Counts at once, also for those that run. */
  'lab.setStays': command('admin', v.object({ labId: v.string(), stays: v.boolean() }), Lab),
  /** Whose servers run on its files from now on; refused while one runs. */
  'lab.setEngine': command('admin', v.object({ labId: v.string(), engine: v.picklist(LAB_ENGINES), zookeeper: v.nullable(Folder) }), Lab),
  /** Starts every server that does not run. Resolves when a write has succeeded. */
  'lab.start': command('admin', LabRef, Lab),
  'lab.stop': command('admin', LabRef, Lab),
  /** Resolves when it listens; it may still have to find the leader. */
  'lab.startServer': command('admin', LabServerRef, Lab),
  'lab.stopServer': command('admin', LabServerRef, Lab),
  /** SIGKILL, as a crash or an operator would. */
  'lab.killServer': command('admin', LabServerRef, Lab),
  /** Stops it and starts it again. */
  'lab.restartServer': command('admin', LabServerRef, Lab),
  /** SIGSTOP: it does nothing, as in a long garbage collection; its connections stay. */
  'lab.pauseServer': command('admin', LabServerRef, Lab),
  /** SIGCONT. */
  'lab.resumeServer': command('admin', LabServerRef, Lab),
  /** Its configuration and the end of its log. */
  'lab.files': command('read', LabServerRef, LabFiles),
  /** Stops it, closes its connections, and removes it with its data and its profile. `typedName` has to be its name. */
  'lab.remove': command('admin', v.object({ labId: v.string(), typedName: v.string() }), v.null()),
  /** Starts or stops asking the servers for their roles; the answers come by `lab.changed`. */
  'lab.watch': command('read', v.object({ on: v.boolean() }), v.null()),
};

export const labEvents = { 'lab.changed': Lab, 'lab.removed': LabRef };
