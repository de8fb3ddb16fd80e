import type { Backup } from '../../archive/open-backup.ts';
import type { ClusterReader, Discovery } from '../../cluster/reader.ts';
import type { Manifest } from '../../object/manifest.ts';
import { apiVersionOf, typeName, type ResourceType, type TypeName } from '../../object/resource-type.ts';
import { checkType, type CheckFinding, type CheckTarget } from '../../upgrade/check-types.ts';
import type { UnservableReason } from '../reason.ts';
import { servedVersionsOf } from '../rules/definition-versions.ts';
import type { TypeScope } from './restore-scope.ts';

/** How the objects of a backup's type get into the cluster. */
export type TypeTarget =
  /** The cluster serves the version of the backup. */
  | { readonly kind: 'served'; readonly type: ResourceType; readonly deprecated: CheckFinding | undefined }
  /** It serves another version, into which the objects fit as they are; the server checks that strictly. */
  | { readonly kind: 'rewritten'; readonly type: ResourceType; readonly from: string; readonly finding: CheckFinding }
  /** Its definition is restored along, and brings the type, or the version of the backup. */
  | { readonly kind: 'defined'; readonly type: ResourceType; readonly listed: ResourceType | undefined }
  | { readonly kind: 'unservable'; readonly reason: UnservableReason };

const definitionsType = 'customresourcedefinitions.apiextensions.k8s.io';

/** How live objects of the type are read; undefined while there are none. */
export function listedType(target: TypeTarget): ResourceType | undefined {
  if (target.kind === 'unservable') return undefined;
  return target.kind === 'defined' ? target.listed : target.type;
}

/** What deciding needs to know. */
export interface TypeTargetInput {
  readonly backup: Backup;
  readonly reader: ClusterReader;
  readonly discovery: Discovery;
  /** `gitVersion` of the API server. */
  readonly version: string;
  readonly scopes: readonly TypeScope[];
  readonly signal: AbortSignal | undefined;
}

/** The target of each type of the scopes. Reads definitions from the backup and the cluster where types are in doubt. */
export async function readTypeTargets(input: TypeTargetInput): Promise<ReadonlyMap<TypeName, TypeTarget>> {
  const { discovery, scopes, version } = input;
  const byName = new Map(discovery.types.map((type) => [typeName(type), type]));
  const doubtful = scopes.filter(
    ({ type }) => byName.get(typeName(type))?.servedVersions.includes(type.version) !== true,
  );
  const definitions = await readDefinitions(input, doubtful);
  const target: CheckTarget = { minor: minorOf(version), discovery, ...definitions };
  return new Map<TypeName, TypeTarget>(
    scopes.map(({ type }): readonly [TypeName, TypeTarget] => {
      const name = typeName(type);
      const live = byName.get(name);
      const finding = checkType({ ...type, count: 1 }, target);
      if (live?.servedVersions.includes(type.version) === true) {
        const deprecated = finding?.reason === 'deprecated' ? finding : undefined;
        return [name, { kind: 'served', type: { ...live, version: type.version }, deprecated }];
      }
      const brought = servedVersionsOf(definitions.definitions.get(name) ?? emptyDefinition);
      if (brought.includes(type.version)) {
        return [
          name,
          {
            kind: 'defined',
            type: live === undefined ? type : { ...live, version: type.version },
            listed: live,
          },
        ];
      }
      return [name, rewrittenOrUnservable(type, finding, discovery)];
    }),
  );
}

const emptyDefinition: Manifest = { apiVersion: '', kind: '', metadata: { name: '' } };

function rewrittenOrUnservable(
  type: ResourceType,
  finding: CheckFinding | undefined,
  discovery: Discovery,
): TypeTarget {
  const from = apiVersionOf(type);
  const { replacement } = finding ?? {};
  if (finding !== undefined && replacement?.converts === 'as-is') {
    const served = servedAs(discovery, replacement.apiVersion, type.kind);
    if (served !== undefined) return { kind: 'rewritten', type: served, from, finding };
  }
  const reason: UnservableReason = {
    kind: 'unservable',
    reason: finding?.reason ?? 'not-served',
    apiVersion: from,
    ...(finding !== undefined && 'since' in finding && { since: finding.since }),
    ...(finding !== undefined && 'message' in finding && { message: finding.message }),
    ...(replacement !== undefined && {
      replacement: { apiVersion: replacement.apiVersion, converts: replacement.converts },
    }),
  };
  return { kind: 'unservable', reason };
}

function servedAs(discovery: Discovery, apiVersion: string, kind: string): ResourceType | undefined {
  for (const type of discovery.types) {
    const version = type.servedVersions.find((served) => apiVersionOf({ ...type, version: served }) === apiVersion);
    if (type.kind === kind && version !== undefined) return { ...type, version };
  }
  return undefined;
}

/** The definitions of the types in doubt: those that are restored along, and the live ones. */
async function readDefinitions(
  { backup, reader, discovery, scopes, signal }: TypeTargetInput,
  doubtful: readonly TypeScope[],
): Promise<{
  readonly definitions: ReadonlyMap<TypeName, Manifest>;
  readonly liveDefinitions: ReadonlyMap<TypeName, Manifest>;
}> {
  const definitions = new Map<TypeName, Manifest>();
  const liveDefinitions = new Map<TypeName, Manifest>();
  const scope = scopes.find(({ type }) => typeName(type) === definitionsType);
  const liveType = discovery.types.find((type) => typeName(type) === definitionsType);
  for (const { type } of doubtful) {
    const name = typeName(type);
    const entry = scope === undefined ? undefined : await backup.find({ type: definitionsType, name });
    if (entry !== undefined && scope?.keepsEntry?.(entry) !== false) {
      definitions.set(name, JSON.parse((await backup.read(entry)).toString()) as Manifest);
    }
    if (liveType === undefined || !discovery.types.some((served) => typeName(served) === name)) continue;
    const live = await reader.get(liveType, undefined, name, signal).catch(() => undefined);
    if (live !== undefined) liveDefinitions.set(name, live);
  }
  return { definitions, liveDefinitions };
}

/** The release of Kubernetes 1 that a `gitVersion` names; distributions append to it: `v1.36.3-eks-1234`. */
function minorOf(version: string): number {
  return Number(/^v?1\.(\d+)/.exec(version)?.[1] ?? 0);
}
