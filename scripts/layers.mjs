/**
 * The allow-list of imports: one row per zone of the sources.
 *
 * In: nothing. Out: the table that `check-layers` enforces and `layers-doc` prints into ARCHITECTURE.md.
 * Must hold: what is not listed here is forbidden; every file under src/ belongs to exactly one zone,
 * and the references of src/<layer>/tsconfig.json are the layers reachable from the layer's rows.
 *
 * `at` is a folder with everything in it (`src/base/`), the files directly in a folder (`src/view/*`)
 * or one file (`src/ensemble/server.ts`). The most specific row wins.
 */

/**
 * @typedef {object} Edge
 * @property {string} to      name of the zone that may be imported
 * @property {boolean} types  only `import type` and `export type`
 * @property {readonly string[]} files  when not empty: only these files of that zone
 */

/**
 * @typedef {object} Zone
 * @property {string} name
 * @property {string} at
 * @property {boolean} pure   no Node module, clock, timer, chance, process or console
 * @property {boolean} node   may import `node:` modules
 * @property {boolean} lazy   may use `import('...')`, still only along listed edges
 * @property {readonly Edge[]} imports
 * @property {readonly string[]} packages
 */

/** @param {string[]} names @returns {Edge[]} */
const values = (...names) => names.map((to) => ({ to, types: false, files: [] }));

/** @param {string[]} names @returns {Edge[]} */
const types = (...names) => names.map((to) => ({ to, types: true, files: [] }));

/** @param {string} to @param {string[]} files @returns {Edge} */
const only = (to, ...files) => ({ to, types: false, files });

/** @param {string} to @param {string[]} files @returns {Edge} */
const typesOnly = (to, ...files) => ({ to, types: true, files });

/** @param {string} name @param {string} at @param {Edge[]} imports @param {string[]} packages @returns {Zone} */
const pure = (name, at, imports, packages = []) => ({
  name, at, imports, packages, pure: true, node: false, lazy: false,
});

/** @param {string} name @param {string} at @param {Edge[]} imports @param {string[]} packages @returns {Zone} */
const onNode = (name, at, imports, packages = []) => ({
  name, at, imports, packages, pure: false, node: true, lazy: name.startsWith('hosts'),
});

/** @param {string} name @param {string} at @param {Edge[]} imports @param {string[]} packages @returns {Zone} */
const inBrowser = (name, at, imports, packages = []) => ({
  name, at, imports, packages, pure: false, node: false, lazy: true,
});

/** @param {string[]} names */
const stage = (...names) => names.map((name) => `ensemble/${name}`);

/** @param {string[]} names */
const part = (...names) => names.map((name) => `view/${name}`);

const wireAndBelow = values('base', 'model', 'wire');
const stages = stage(
  'txn', 'tree', 'watches', 'processors', 'log', 'replication', 'replication/quorum', 'replication/election', 'admin', 'config',
);
const hostsMayImport = values(
  'base', 'model', 'wire', 'client', 'ensemble', 'ensemble/server', 'ensemble/member', ...stages, 'platform', 'contract', 'services',
);
const hostPackages = ['@msgpack/msgpack', 'birpc', 'commander', 'valibot', 'ws'];
const seenByPages = values(...part('base', 'editor', 'i18n', 'stores', 'theme'));
const widgetPackages = ['@lucide/vue', 'pinia', 'reka-ui', 'vue', 'vue-i18n'];

/** @type {readonly Zone[]} */
export const zones = [
  pure('base', 'src/base/', []),
  pure('model', 'src/model/', values('base')),
  pure('wire', 'src/wire/', values('base', 'model')),
  pure('client', 'src/client/', wireAndBelow),

  pure('ensemble/txn', 'src/ensemble/txn/', wireAndBelow),
  pure('ensemble/tree', 'src/ensemble/tree/', [...wireAndBelow, ...values('ensemble/txn')]),
  pure('ensemble/watches', 'src/ensemble/watches/', [
    ...wireAndBelow, ...values('ensemble/txn'), typesOnly('ensemble/tree', 'src/ensemble/tree/changes.ts'),
  ]),
  pure('ensemble/processors', 'src/ensemble/processors/', [
    ...wireAndBelow, ...values(...stage('txn', 'tree', 'watches')),
  ]),
  pure('ensemble/log', 'src/ensemble/log/', [...wireAndBelow, ...values('ensemble/txn')]),
  pure('ensemble/replication', 'src/ensemble/replication/', [
    ...wireAndBelow, ...values(...stage('txn', 'replication/quorum')),
  ]),
  pure('ensemble/replication/quorum', 'src/ensemble/replication/quorum/', [
    ...wireAndBelow, ...values('ensemble/config'),
  ]),
  pure('ensemble/replication/election', 'src/ensemble/replication/election/', [
    ...wireAndBelow, ...values(...stage('config', 'replication/quorum')),
  ]),
  pure('ensemble/admin', 'src/ensemble/admin/', [
    ...wireAndBelow, ...values(...stage('txn', 'tree', 'watches', 'processors')),
  ]),
  pure('ensemble/config', 'src/ensemble/config/', wireAndBelow),
  pure('ensemble', 'src/ensemble/*', [...wireAndBelow, ...values(...stages)]),
  pure('ensemble/member', 'src/ensemble/member/', [...wireAndBelow, ...values('ensemble', ...stages)]),
  pure('ensemble/server', 'src/ensemble/server.ts', [...wireAndBelow, ...values('ensemble', ...stages)]),

  pure('contract', 'src/contract/', values('base', 'model'), ['valibot']),
  pure('services', 'src/services/', [
    ...values('base', 'model', 'client', 'contract'), only('ensemble', 'src/ensemble/lab.ts'),
  ], ['valibot']),

  onNode('platform', 'src/platform/', [
    ...values('base'), only('model', 'src/model/errors.ts'), ...types('model', 'wire', 'client', 'ensemble', 'ensemble/member', ...stages, 'services'),
  ]),

  onNode('hosts', 'src/hosts/*', [...hostsMayImport, ...values('hosts/local-ensemble')], hostPackages),
  onNode('hosts/local-ensemble', 'src/hosts/local-ensemble/', hostsMayImport),
  onNode('hosts/electron', 'src/hosts/electron/', [...hostsMayImport, ...values('hosts')], ['electron', ...hostPackages]),
  onNode('hosts/web', 'src/hosts/web/', [...hostsMayImport, ...values('hosts')], hostPackages),
  onNode('hosts/server', 'src/hosts/server/', [...hostsMayImport, ...values('hosts')], hostPackages),
  onNode('hosts/cli', 'src/hosts/cli/', [
    ...hostsMayImport, ...values('hosts', 'hosts/local-ensemble', 'hosts/web', 'hosts/server'),
  ], hostPackages),

  inBrowser('view/base', 'src/view/base/', values('model'), ['vue']),
  inBrowser('view/theme', 'src/view/theme/', values('view/base'), ['vue']),
  inBrowser('view/i18n', 'src/view/i18n/', values('model', 'view/base'), ['vue', 'vue-i18n']),
  inBrowser('view/editor', 'src/view/editor/', values('model', ...part('base', 'i18n', 'theme')), [
    'monaco-editor', 'vue',
  ]),
  inBrowser('view/api', 'src/view/api/', values('model', 'contract', 'view/base'), ['@msgpack/msgpack', 'birpc']),
  inBrowser('view/stores', 'src/view/stores/', values('model', 'contract', ...part('api', 'base', 'editor', 'i18n', 'theme')), [
    'pinia', 'vue',
  ]),
  inBrowser('view/components', 'src/view/components/', [
    ...values('model'), ...types('contract'), ...seenByPages,
  ], widgetPackages),
  inBrowser('view/pages', 'src/view/pages/', [
    ...values('model'), ...types('contract'), ...seenByPages, ...values('view/components'),
  ], widgetPackages),
  inBrowser('view', 'src/view/*', [
    ...values('model', 'contract'), ...seenByPages, ...values(...part('api', 'components', 'pages')),
  ], ['pinia', 'vue', 'vue-i18n']),
];

/**
 * The layer a zone is part of: its first path segment.
 * @param {string} zoneName
 */
export const layerOf = (zoneName) => /** @type {string} */ (zoneName.split('/')[0]);

/** Layers, each once, in the order of the table. */
export const layers = [...new Set(zones.map((zone) => layerOf(zone.name)))];

/**
 * The zone of a file, or undefined when no row covers it.
 * @param {string} file  path relative to the repository, with forward slashes
 * @returns {Zone | undefined}
 */
export function zoneOf(file) {
  const folder = file.slice(0, file.lastIndexOf('/') + 1);
  const exact = zones.find((zone) => zone.at === file);
  if (exact) return exact;
  const direct = zones.find((zone) => zone.at === `${folder}*`);
  if (direct) return direct;
  return zones
    .filter((zone) => zone.at.endsWith('/') && file.startsWith(zone.at))
    .sort((a, b) => b.at.length - a.at.length)[0];
}
