/** The columns of the cluster table, from left to right. */

export const CLUSTER_COLUMNS = [
  'server', 'role', 'zxid', 'epoch', 'counter', 'lag', 'latency', 'roundTrip', 'connections', 'outstanding', 'nodes', 'watches', 'version',
] as const;
export type ClusterColumn = (typeof CLUSTER_COLUMNS)[number];

/** Columns of figures, aligned at their end. */
export const NUMERIC_COLUMNS: ReadonlySet<ClusterColumn> = new Set([
  'epoch', 'counter', 'lag', 'latency', 'roundTrip', 'connections', 'outstanding', 'nodes', 'watches',
]);
