/**
 * Session passwords (facts 2.1; ZooKeeperServer.generatePasswd): nothing is stored, every server works them out from
 * the session's id by java.util.Random.
 */

import { equalBytes } from '../../base/bytes.ts';
import { PASSWORD_BYTES } from '../../wire/records/connect.ts';

const SECRET = 0xb341_5c00n;
const MULTIPLIER = 0x5_deec_e66dn;
const MASK = (1n << 48n) - 1n;

/** The 16 bytes that prove a session to be the client's own. */
export function sessionPassword(sessionId: bigint): Uint8Array {
  let seed = (BigInt.asUintN(64, sessionId ^ SECRET) ^ MULTIPLIER) & MASK;
  const out = new Uint8Array(PASSWORD_BYTES);
  for (let at = 0; at < PASSWORD_BYTES; at += 4) {
    seed = (seed * MULTIPLIER + 0xbn) & MASK;
    let word = Number(BigInt.asUintN(32, seed >> 16n));
    for (let i = 0; i < 4; i++) {
      out[at + i] = word & 0xff;
      word >>>= 8;
    }
  }
  return out;
}

/** Whether a client may take the session up again; nobody may take up session 0. */
export function isSessionPassword(sessionId: bigint, password: Uint8Array | null): boolean {
  return sessionId !== 0n && password !== null && equalBytes(password, sessionPassword(sessionId));
}
