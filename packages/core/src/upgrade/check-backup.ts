import type { Backup } from '../archive/open-backup.ts';
import type { ClusterReader } from '../cluster/reader.ts';
import { definitionType } from '../diff/definitions-of.ts';
import { isAppError } from '../errors/app-error.ts';
import type { Manifest } from '../object/manifest.ts';
import { apiVersionOf, typeName, type TypeName } from '../object/resource-type.ts';
import { apiLife, parseKubernetesMinor } from './api-life.ts';
import { checkTypes, type CheckFinding } from './check-types.ts';
import { newestKnownMinor } from './life-cycle-table.ts';

/** What a backup was held against, and what came of it. */
export interface CheckResult {
  /** `1.36`, or the live server's `v1.36.3`. */
  readonly version: string;
  /** Whether a live cluster was asked what it serves; else its release alone was judged. */
  readonly live: boolean;
  /** Set when the release is newer than all that this program knows: what it removes may be missing here. */
  readonly newestKnown?: string;
  /** In the order of types. */
  readonly findings: readonly CheckFinding[];
}

/** Holds a backup against a release of Kubernetes. Reads the definitions of its custom resources. Throws USAGE for no version. */
export async function checkAgainstVersion(backup: Backup, version: string): Promise<CheckResult> {
  const minor = parseKubernetesMinor(version);
  const definitions = await storedDefinitions(backup);
  return resultOf(version, minor, false, checkTypes(backup.header.types, { minor, definitions }));
}

/**
 * Holds a backup against what a live cluster serves.
 *
 * The cluster's definitions are read only for custom resources in versions that it does not serve; where they may not be
 * read, those are to be converted by hand.
 */
export async function checkAgainstCluster(
  backup: Backup,
  reader: ClusterReader,
  signal?: AbortSignal,
): Promise<CheckResult> {
  const [{ version }, discovery] = await Promise.all([reader.identity(signal), reader.discover(signal)]);
  const minor = parseKubernetesMinor(version);
  const target = { minor, discovery, definitions: await storedDefinitions(backup) };
  const { types } = backup.header;
  const findings = checkTypes(types, target);
  const crds = discovery.types.find((type) => typeName(type) === definitionType);
  const liveDefinitions = new Map<TypeName, Manifest>();
  for (const finding of findings) {
    if (finding.reason !== 'not-served' || crds === undefined) continue;
    const definition = await reader.get(crds, undefined, finding.type, signal).catch(orUnreadable);
    if (definition !== undefined) liveDefinitions.set(finding.type, definition);
  }
  if (liveDefinitions.size === 0) return resultOf(version, minor, true, findings);
  return resultOf(version, minor, true, checkTypes(types, { ...target, liveDefinitions }));
}

function resultOf(version: string, minor: number, live: boolean, findings: CheckFinding[]): CheckResult {
  const isNewer = minor > newestKnownMinor;
  return { version, live, ...(isNewer && { newestKnown: `1.${newestKnownMinor}` }), findings };
}

/** The definitions of the backup's custom resources, those without objects left out. */
async function storedDefinitions(backup: Backup): Promise<Map<TypeName, Manifest>> {
  const custom = new Set(
    backup.header.types
      .filter((type) => type.count > 0 && apiLife(apiVersionOf(type), type.kind) === undefined)
      .map(typeName),
  );
  const definitions = new Map<TypeName, Manifest>();
  const entries = await Array.fromAsync(backup.entries({ types: [definitionType] }));
  for await (const { entry, bytes } of backup.readMany(entries.filter(({ name }) => custom.has(name)))) {
    definitions.set(entry.name, JSON.parse(bytes.toString()) as Manifest);
  }
  return definitions;
}

function orUnreadable(error: unknown): undefined {
  if (!isAppError(error, 'CLUSTER_FORBIDDEN')) throw error;
}
