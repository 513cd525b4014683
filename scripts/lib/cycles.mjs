/**
 * Import cycles. In: a graph of files. Out: for each knot of files that reach each other, one shortest cycle.
 * Must hold: no cycle of any length goes unreported as long as one in the same knot is reported.
 */

/** @typedef {ReadonlyMap<string, readonly string[]>} Graph */

/**
 * @param {Graph} graph
 * @returns {string[][]} each a path that ends where it began
 */
export function cyclesIn(graph) {
  return knotsIn(graph).flatMap((knot) => {
    const first = /** @type {string} */ ([...knot].sort()[0]);
    const path = shortestReturn(graph, knot, first);
    return path ? [path] : [];
  });
}

/**
 * Strongly connected components that contain a cycle (Tarjan, without recursion: chains may be long).
 * @param {Graph} graph
 * @returns {Set<string>[]}
 */
function knotsIn(graph) {
  /** @type {Map<string, { order: number, low: number, open: boolean }>} */
  const seen = new Map();
  /** @type {string[]} */
  const open = [];
  /** @type {Set<string>[]} */
  const knots = [];
  for (const start of graph.keys()) {
    if (seen.has(start)) continue;
    const calls = [enter(start)];
    while (calls.length > 0) {
      const call = /** @type {ReturnType<typeof enter>} */ (calls.at(-1));
      const next = call.rest.next();
      if (!next.done) {
        const other = seen.get(next.value);
        if (!other) calls.push(enter(next.value));
        else if (other.open) call.mark.low = Math.min(call.mark.low, other.order);
        continue;
      }
      calls.pop();
      const caller = calls.at(-1);
      if (caller) caller.mark.low = Math.min(caller.mark.low, call.mark.low);
      if (call.mark.low === call.mark.order) close(call.node);
    }
  }
  return knots;

  /** @param {string} node */
  function enter(node) {
    const mark = { order: seen.size, low: seen.size, open: true };
    seen.set(node, mark);
    open.push(node);
    return { node, mark, rest: (graph.get(node) ?? []).values() };
  }

  /** @param {string} node */
  function close(node) {
    const members = open.splice(open.lastIndexOf(node));
    for (const member of members) /** @type {{ open: boolean }} */ (seen.get(member)).open = false;
    if (members.length > 1 || graph.get(node)?.includes(node)) knots.push(new Set(members));
  }
}

/**
 * @param {Graph} graph
 * @param {ReadonlySet<string>} knot
 * @param {string} start
 * @returns {string[] | undefined}
 */
function shortestReturn(graph, knot, start) {
  /** @type {string[][]} */
  let frontier = [[start]];
  const reached = new Set();
  while (frontier.length > 0) {
    /** @type {string[][]} */
    const further = [];
    for (const path of frontier) {
      for (const next of graph.get(/** @type {string} */ (path.at(-1))) ?? []) {
        if (next === start) return [...path, start];
        if (!knot.has(next) || reached.has(next)) continue;
        reached.add(next);
        further.push([...path, next]);
      }
    }
    frontier = further;
  }
  return undefined;
}
