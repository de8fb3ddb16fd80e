/**
 * Writes packages/core/src/upgrade/life-cycle-table.ts: which release of Kubernetes brought, deprecated and removed
 * each version of each built-in API, what replaces it, and into which versions its objects fit as they are.
 *
 * Read from the sources that each release publishes as Go modules: the prerelease life-cycle methods that the API
 * server itself asks, and the structs. APIs that newer modules no longer have are found in older ones, so the table
 * is the union of all of them, the newest word on each. Run it with Go at hand:
 *
 *     node scripts/generate-life-cycle.ts
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { goModule } from './go-module.ts';
import { readGoPackage, typeFits, type GoPackage } from './go-types.ts';

/** Oldest first; one for each minor release that the module proxy has. */
const modules: Readonly<Record<string, readonly string[]>> = {
  'k8s.io/api': [
    ...['v0.20.6', 'v0.21.1', 'v0.22.5', 'v0.23.16', 'v0.24.3', 'v0.25.9', 'v0.26.9', 'v0.27.4', 'v0.28.3'],
    ...['v0.29.15', 'v0.30.14', 'v0.31.14', 'v0.32.13', 'v0.33.13', 'v0.34.13', 'v0.35.10', 'v0.36.6', 'v0.37.2'],
  ],
  'k8s.io/apiextensions-apiserver': ['v0.24.2', 'v0.31.14', 'v0.37.2'],
  'k8s.io/kube-aggregator': ['v0.29.6', 'v0.37.2'],
};

/** As `ApiLife` in the engine. */
interface Row {
  apiVersion: string;
  kind: string;
  introduced?: number;
  deprecated?: number;
  removed?: number;
  replacement?: string;
  fits?: string[];
}

interface Version {
  readonly path: string;
  readonly apiVersion: string;
  readonly group: string;
}

const root = join(import.meta.dirname, '..');
const target = join(root, 'packages/core/src/upgrade/life-cycle-table.ts');
const rows = new Map<string, Row>();
const fits = new Map<string, boolean>();
const rowKey = (apiVersion: string, kind: string): string => `${apiVersion} ${kind}`;

for (const [module, versions] of Object.entries(modules)) {
  const first = minorOf(versions[0]!);
  const seen = new Map<string, number>();
  for (const version of versions) {
    const folder = goModule(module, version);
    const packages = new Map<string, GoPackage>();
    const served: Version[] = [];
    for (const file of globSync('**/register.go', { cwd: folder })) {
      const path = `${module}/${dirname(file)}`;
      const text = readFileSync(join(folder, file), 'utf8');
      const [, name] = /GroupVersion\{Group: GroupName, Version: "(v\w+)"\}/.exec(text) ?? [];
      const [, group] = /GroupName = "(.*)"/.exec(text) ?? [];
      const goPackage = readGoPackage(join(folder, dirname(file)), path);
      if (name === undefined || group === undefined || goPackage === undefined) continue;
      packages.set(path, goPackage);
      served.push({ path, group, apiVersion: group === '' ? name : `${group}/${name}` });
    }
    for (const { path, apiVersion } of served) {
      const methods = lifeCycleMethods(join(folder, path.slice(module.length + 1)));
      for (const kind of storedKinds(packages.get(path)!)) {
        const key = rowKey(apiVersion, kind);
        // A kind that appears later than the oldest module came with that release, whatever else is known.
        const fresh = !rows.has(key) && minorOf(version) > first;
        const appeared = fresh ? minorOf(version) : rows.get(key)?.introduced;
        rows.set(key, {
          apiVersion,
          kind,
          ...(appeared === undefined ? {} : { introduced: appeared }),
          ...methods.get(kind),
        });
        seen.set(key, minorOf(version));
      }
    }
    findFits(packages, served);
  }
  // Gone from the sources: removed then at the latest, whatever release was once foreseen.
  const newest = minorOf(versions.at(-1)!);
  for (const [key, minor] of seen) {
    const row = rows.get(key)!;
    if (minor < newest) row.removed = Math.min(row.removed ?? Infinity, minor + 1);
  }
}

/** Of the same kind, between versions of one group or along a replacement; the newest sources that hold both decide. */
function findFits(packages: ReadonlyMap<string, GoPackage>, served: readonly Version[]): void {
  for (const from of served) {
    for (const kind of storedKinds(packages.get(from.path)!)) {
      for (const to of served) {
        const related = to.group === from.group || isReplaced(from, to, kind) || isReplaced(to, from, kind);
        if (to === from || !related || !packages.get(to.path)!.types.has(kind)) continue;
        fits.set(
          `${rowKey(from.apiVersion, kind)} ${to.apiVersion}`,
          typeFits(packages, [from.path, kind], [to.path, kind]),
        );
      }
    }
  }
}

function isReplaced(from: Version, to: Version, kind: string): boolean {
  return rows.get(rowKey(from.apiVersion, kind))?.replacement === to.apiVersion;
}

/** What is kept in etcd and has a client: reviews and the like are asked, never stored. */
function storedKinds({ types }: GoPackage): string[] {
  return [...types]
    .filter(([, { comment, fields }]) => {
      const hasMetadata = fields?.some(({ json }) => json === 'metadata') ?? false;
      return hasMetadata && /\+genclient$/m.test(comment) && !/\+genclient:(noVerbs|onlyVerbs=create)/.test(comment);
    })
    .map(([name]) => name);
}

function lifeCycleMethods(folder: string): Map<string, Omit<Row, 'apiVersion' | 'kind'>> {
  const methods = new Map<string, Omit<Row, 'apiVersion' | 'kind'>>();
  const [file] = globSync('zz_generated.prerelease-lifecycle.go', { cwd: folder });
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8');
  const add = (kind: string, members: Partial<Row>): void =>
    void methods.set(kind, { ...methods.get(kind), ...members });
  for (const [, kind, event, minor] of text.matchAll(
    /func \(in \*(\w+)\) APILifecycle(Introduced|Deprecated|Removed)\(\) \(major, minor int\) \{\n\treturn 1, (\d+)\n/g,
  )) {
    add(kind!, { [event!.toLowerCase()]: Number(minor) });
  }
  for (const [, kind, group, version, replacing] of text.matchAll(
    /func \(in \*(\w+)\) APILifecycleReplacement\(\) .*\n\treturn schema\.GroupVersionKind\{Group: "(.*)", Version: "(.*)", Kind: "(.*)"\}/g,
  )) {
    // One marker names the list type instead of the item's (networking.k8s.io/v1beta1 IngressClass).
    if (replacing!.replace(/List$/, '') !== kind!.replace(/List$/, '')) continue;
    add(kind!, { replacement: group === '' ? version! : `${group}/${version}` });
  }
  return methods;
}

function minorOf(version: string): number {
  return Number(version.split('.')[1]);
}

for (const [question, yes] of fits) {
  const [apiVersion, kind, to] = question.split(' ') as [string, string, string];
  if (yes) (rows.get(rowKey(apiVersion, kind))!.fits ??= []).push(to);
}

const sorted = [...rows.values()].sort((a, b) =>
  a.kind === b.kind ? (a.apiVersion < b.apiVersion ? -1 : 1) : a.kind < b.kind ? -1 : 1,
);
const cell = (value: string | number | undefined): string => String(value ?? '-');
const lines = sorted.map(({ kind, apiVersion, introduced, deprecated, removed, replacement, fits: into = [] }) =>
  [kind, apiVersion, ...[introduced, deprecated, removed, replacement].map(cell), ...into.sort()].join(' '),
);
const sources = Object.entries(modules).map(([module, versions]) => ` * - ${module} ${versions.join(', ')}`);
const text = `/**
 * Generated by scripts/generate-life-cycle.ts; do not edit.
 *
 * Source: zz_generated.prerelease-lifecycle.go and types.go of
${sources.join('\n')}
 */

/** The newest release that the table knows, as a minor of Kubernetes 1. */
export const newestKnownMinor = ${minorOf(modules['k8s.io/api']!.at(-1)!)};

/**
 * A line for each version of each kind that is stored: kind, apiVersion, the minors of Kubernetes 1 that introduced,
 * deprecated and removed it, the apiVersion that replaces it, and every apiVersion into which its objects fit. \`-\` is
 * unknown or none.
 */
export const lifeCycleTable = \`
${lines.join('\n')}
\`;
`;
writeFileSync(target, await format(text, { ...(await resolveConfig(target)), parser: 'typescript' }));
console.log(`${target}: ${rows.size} versions`);
