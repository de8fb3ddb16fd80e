import { AppError, compareUtf8, typeName, type Discovery, type ResourceType } from '@infrabackup/core';
import type { Connection } from '../connection/connection.ts';
import type { DiscoveredGroup } from './discovered-group.ts';
import { discoverOldWay } from './old-discovery.ts';

/**
 * Asks for groups, versions and resources in one answer each for the core group and all others; an API server older
 * than 1.27 answers with the lists of old instead.
 *
 * Source: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery
 */
const accept = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat('application/json')
  .join(',');

/** What the API server serves, asked anew. Throws as `Connection.requestJson`. */
export async function discover(connection: Connection, signal: AbortSignal | undefined): Promise<Discovery> {
  const answers = await Promise.all(
    ['/api', '/apis'].map(async (path) => ({ path, body: await connection.requestJson({ path, accept, signal }) })),
  );
  const perGroup = await Promise.all(
    answers.map(async ({ path, body }) => {
      const kind = (body as { kind?: unknown } | null)?.kind;
      if (kind === 'APIGroupDiscoveryList') return (body as GroupDiscoveryList).items.map(readGroup);
      if (kind === 'APIVersions' || kind === 'APIGroupList') return discoverOldWay(connection, path, body, signal);
      throw new AppError(
        'CLUSTER_PROTOCOL',
        `${connection.server} answers at ${path} with ${String(kind)}: no discovery`,
      );
    }),
  );
  const groups = perGroup.flat();
  return {
    types: groups.flatMap(typesOf).sort((a, b) => compareUtf8(typeName(a), typeName(b))),
    failures: groups.flatMap((group) => group.failures),
  };
}

/** A type served in several versions is one type, in the first that serves it. */
function typesOf({ group, versions }: DiscoveredGroup): ResourceType[] {
  const types = new Map<string, ResourceType>();
  for (const { version, resources } of versions) {
    for (const resource of resources) {
      const known = types.get(resource.plural);
      types.set(
        resource.plural,
        known === undefined
          ? { group, version, ...resource, servedVersions: [version] }
          : { ...known, servedVersions: [...known.servedVersions, version] },
      );
    }
  }
  return [...types.values()];
}

/** Source: https://github.com/kubernetes/api/blob/v0.36.3/apidiscovery/v2/types.go */
interface GroupDiscoveryList {
  readonly items: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly {
      readonly version: string;
      readonly freshness?: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly responseKind?: { readonly kind?: string };
        readonly scope?: string;
        readonly singularResource?: string;
        readonly verbs?: readonly string[];
        readonly shortNames?: readonly string[];
        readonly categories?: readonly string[];
        readonly subresources?: readonly { readonly subresource: string }[];
      }[];
    }[];
  }[];
}

function readGroup(item: GroupDiscoveryList['items'][number]): DiscoveredGroup {
  const group = item.metadata?.name ?? '';
  const versions = item.versions ?? [];
  return {
    group,
    versions: versions
      .filter(({ freshness }) => freshness !== 'Stale')
      .map(({ version, resources = [] }) => ({
        version,
        resources: resources
          .filter(({ verbs = [] }) => verbs.length > 0)
          .map((resource) => ({
            kind: resource.responseKind?.kind ?? '',
            plural: resource.resource,
            singular: resource.singularResource || (resource.responseKind?.kind ?? '').toLowerCase(),
            shortNames: resource.shortNames ?? [],
            categories: resource.categories ?? [],
            namespaced: resource.scope === 'Namespaced',
            verbs: resource.verbs ?? [],
            subresources: (resource.subresources ?? []).map(({ subresource }) => subresource),
          })),
      })),
    // What a stale version lists is what it served before its back end went away.
    failures: versions
      .filter(({ freshness }) => freshness === 'Stale')
      .map(({ version }) => ({
        groupVersion: `${group}/${version}`,
        message: 'the API server cannot reach the server behind it, and what it last served is out of date',
      })),
  };
}
