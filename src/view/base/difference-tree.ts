/** Differences as a tree: branches with how many there are below them, which open and close. */

/** What a difference is for the tree. */
export interface Difference {
  /** Relative to the root of the comparison; empty for the root itself. */
  readonly path: string;
}

export interface DifferenceRow<T extends Difference> {
  readonly path: string;
  readonly name: string;
  readonly depth: number;
  /** Null for a branch that does not differ itself. */
  readonly item: T | null;
  /** Differences below it. */
  readonly below: number;
  readonly open: boolean;
}

interface Branch<T> {
  readonly path: string;
  readonly name: string;
  item: T | null;
  below: number;
  readonly children: Map<string, Branch<T>>;
}

const branch = <T>(path: string, name: string): Branch<T> => ({ path, name, item: null, below: 0, children: new Map() });

/**
 * The rows on screen, a branch before what is in it, in the order in which the items came.
 *
 * @param closed paths of branches that are closed
 * @param rootName what the root is called
 */
export function differenceRows<T extends Difference>(items: readonly T[], closed: ReadonlySet<string>, rootName: string): DifferenceRow<T>[] {
  const root = branch<T>('', rootName);
  for (const item of items) place(root, item);
  const rows: DifferenceRow<T>[] = [];
  const walk = (at: Branch<T>, depth: number): void => {
    const open = !closed.has(at.path);
    rows.push({ path: at.path, name: at.name, depth, item: at.item, below: at.below, open });
    if (open) for (const child of at.children.values()) walk(child, depth + 1);
  };
  walk(root, 0);
  return rows;
}

function place<T extends Difference>(root: Branch<T>, item: T): void {
  let at = root;
  let path = '';
  for (const name of item.path === '' ? [] : item.path.split('/')) {
    at.below++;
    path = path === '' ? name : `${path}/${name}`;
    let next = at.children.get(name);
    if (next === undefined) at.children.set(name, (next = branch(path, name)));
    at = next;
  }
  at.item = item;
}
