/**
 * A relay in front of one server's election and quorum ports that keeps what passes. In: the server's own ports. Out:
 * the ports to put into the others' configuration, and the bytes of each connection in both directions.
 * Must hold: no byte is changed. A smaller id that calls the election port is hung up on, as the server itself would
 * do after a look at its greeting: the server must not learn the caller's real address, or it would call past the relay.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { host } from './launch.mjs';

/**
 * @typedef {object} Recorded
 * @property {'election' | 'quorum'} port
 * @property {number} from  the caller's id; 0 when it never said it
 * @property {number} to
 * @property {string} toListener  hex
 * @property {string} toCaller  hex
 */

/**
 * @typedef {object} Line
 * @property {'election' | 'quorum'} port
 * @property {Record<'toListener' | 'toCaller', Buffer>} bytes
 */

/** The sid in an election greeting comes after the version, that in FOLLOWERINFO after type, zxid and length. */
const sidAt = { election: 8, quorum: 16 };
/** A recording of one direction of one connection ends here: enough for every message there is. */
const keptBytesMax = 24_000;

/**
 * @param {number} id
 * @param {{ quorum: number, election: number }} real
 */
export async function startTap(id, real) {
  /** @type {Line[]} */
  const lines = [];
  /** @param {'election' | 'quorum'} port */
  const listen = async (port) => {
    const server = createServer({ noDelay: true }, (caller) => relay(caller, port, real[port], id, lines));
    server.listen(0, host);
    await once(server, 'listening');
    return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  };
  const election = await listen('election');
  const quorum = await listen('quorum');
  return {
    election,
    quorum,
    /** What was said on each connection. @returns {Recorded[]} */
    recorded: () => lines.filter(({ bytes }) => bytes.toListener.length > 0).map((line) => ({
      port: line.port,
      from: callerOf(line),
      to: id,
      toListener: line.bytes.toListener.toString('hex'),
      toCaller: line.bytes.toCaller.toString('hex'),
    })),
  };
}

/** @param {Line} line */
function callerOf({ port, bytes: { toListener } }) {
  return toListener.length < sidAt[port] + 8 ? 0 : Number(toListener.readBigInt64BE(sidAt[port]));
}

/**
 * @param {import('node:net').Socket} caller
 * @param {'election' | 'quorum'} port
 * @param {number} upstreamPort
 * @param {number} id
 * @param {Line[]} lines
 */
function relay(caller, port, upstreamPort, id, lines) {
  /** @type {Line} */
  const line = { port, bytes: { toListener: Buffer.alloc(0), toCaller: Buffer.alloc(0) } };
  lines.push(line);
  /** @type {import('node:net').Socket | undefined} */
  let listener;
  caller.on('error', () => {});
  caller.on('close', () => listener?.destroy());
  caller.on('data', (bytes) => {
    keep(line, 'toListener', bytes);
    if (listener === undefined) {
      const from = callerOf(line);
      if (from === 0) return;
      if (port === 'election' && from < id) {
        caller.destroy();
        return;
      }
      listener = connect({ host, port: upstreamPort, noDelay: true });
      listener.on('error', () => caller.destroy());
      listener.on('close', () => caller.destroy());
      listener.on('data', (answer) => {
        keep(line, 'toCaller', answer);
        caller.write(answer);
      });
      listener.write(line.bytes.toListener);
      return;
    }
    listener.write(bytes);
  });
}

/** @param {Line} line @param {'toListener' | 'toCaller'} direction @param {Buffer} bytes */
function keep(line, direction, bytes) {
  const before = line.bytes[direction];
  if (before.length < keptBytesMax) line.bytes[direction] = Buffer.concat([before, bytes]);
}
