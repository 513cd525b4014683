/**
 * Fills a server with one wide node, in multis of a thousand creates over one raw connection, so that the bench does
 * not depend on the client that it measures.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { connectPayload, createBody, int, multiBody } from '../../scripts/golden/raw.mjs';

const CREATE = 1;
const MULTI = 14;
const CLOSE_SESSION = -11;
const BATCH = 1000;

/**
 * @param {number} port of a server on loopback
 * @param {string} parent created here
 * @param {number} children named child-00000000 and so on
 */
export async function makeWideNode(port, parent, children) {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  const replies = frames(socket);
  const send = (/** @type {Uint8Array} */ payload) => socket.write(Buffer.concat([int(payload.length), payload]));
  send(connectPayload());
  await replies.next();
  let xid = 0;
  const request = async (/** @type {number} */ type, /** @type {Uint8Array} */ body) => {
    send(Buffer.concat([int(++xid), int(type), body]));
    const reply = (await replies.next()).value;
    if (reply === undefined || reply.readInt32BE(12) !== 0) throw new Error(`request ${type} failed`);
  };
  await request(CREATE, createBody(parent));
  for (let at = 0; at < children; at += BATCH) {
    const parts = [];
    for (let n = at; n < Math.min(at + BATCH, children); n++) {
      parts.push(/** @type {const} */ ([CREATE, createBody(`${parent}/child-${String(n).padStart(8, '0')}`)]));
    }
    await request(MULTI, multiBody(parts));
  }
  await request(CLOSE_SESSION, Buffer.alloc(0));
  socket.destroy();
}

/** @param {import('node:net').Socket} socket @returns {AsyncGenerator<Buffer, undefined>} */
async function* frames(socket) {
  let held = Buffer.alloc(0);
  for await (const chunk of socket) {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 4 && held.length >= 4 + held.readInt32BE(0)) {
      const end = 4 + held.readInt32BE(0);
      yield held.subarray(4, end);
      held = held.subarray(end);
    }
  }
  return undefined;
}

