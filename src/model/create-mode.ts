/** The seven kinds of node and their flags on the wire (facts 1.11; CreateMode). */

export const CreateMode = {
  PERSISTENT: 0,
  EPHEMERAL: 1,
  PERSISTENT_SEQUENTIAL: 2,
  EPHEMERAL_SEQUENTIAL: 3,
  CONTAINER: 4,
  PERSISTENT_WITH_TTL: 5,
  PERSISTENT_SEQUENTIAL_WITH_TTL: 6,
} as const;

export type CreateModeName = keyof typeof CreateMode;
export type CreateMode = (typeof CreateMode)[CreateModeName];

export function isCreateMode(flags: number): flags is CreateMode {
  return Number.isInteger(flags) && flags >= 0 && flags <= 6;
}

export function isSequential(mode: CreateMode): boolean {
  return mode === 2 || mode === 3 || mode === 6;
}

export function isEphemeral(mode: CreateMode): boolean {
  return mode === 1 || mode === 3;
}

export function isTtl(mode: CreateMode): boolean {
  return mode === 5 || mode === 6;
}

export function isContainer(mode: CreateMode): boolean {
  return mode === 4;
}

/** The longest time to live: 2^40 - 1 ms (EphemeralType.TTL). */
export const TTL_MS_MAX = 0xff_ffff_ffffn;

/** The stored owner of a container node (EphemeralType.CONTAINER_EPHEMERAL_OWNER), signed. */
export const CONTAINER_OWNER = -0x8000_0000_0000_0000n;

const TTL_MARK = 0xff00_0000_0000_0000n;

/** The stored owner of a TTL node, signed. @param ttlMs 1 to TTL_MS_MAX */
export function ttlOwner(ttlMs: bigint): bigint {
  return BigInt.asIntN(64, TTL_MARK | ttlMs);
}

export type OwnerKind = 'none' | 'session' | 'container' | 'ttl';

/**
 * What a stored ephemeralOwner stands for.
 *
 * @param extendedTypes whether TTL nodes are on (zookeeper.extendedTypesEnabled)
 */
export function ownerKind(owner: bigint, extendedTypes: boolean): OwnerKind {
  if (owner === 0n) return 'none';
  if (owner === CONTAINER_OWNER) return 'container';
  if (extendedTypes && (BigInt.asUintN(64, owner) & TTL_MARK) === TTL_MARK) return 'ttl';
  return 'session';
}

/** The time to live, in ms, of a stored owner of kind ttl. */
export function ttlOf(owner: bigint): bigint {
  return owner & TTL_MS_MAX;
}
