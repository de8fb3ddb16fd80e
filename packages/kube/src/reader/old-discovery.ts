import { isAppError, type DiscoveryFailure } from '@infrabackup/core';
import type { Connection } from '../connection/connection.ts';
import type { DiscoveredGroup, DiscoveredResource } from './discovered-group.ts';

/** Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#unaggregated-discovery */
interface ApiVersions {
  readonly kind: 'APIVersions';
  readonly versions?: readonly string[];
}

interface ApiGroupList {
  readonly kind: 'APIGroupList';
  readonly groups?: readonly {
    readonly name: string;
    readonly versions?: readonly { readonly version: string }[];
    readonly preferredVersion?: { readonly version: string };
  }[];
}

interface ApiResourceList {
  readonly resources?: readonly {
    readonly name: string;
    readonly singularName?: string;
    readonly namespaced?: boolean;
    readonly kind?: string;
    readonly verbs?: readonly string[];
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  }[];
}

/** The groups of `/api` or `/apis`, whose lists of versions are `body`, by one request for each version. */
export async function discoverOldWay(
  connection: Connection,
  path: string,
  body: unknown,
  signal: AbortSignal | undefined,
): Promise<DiscoveredGroup[]> {
  const list = body as ApiVersions | ApiGroupList;
  const groups =
    list.kind === 'APIVersions'
      ? [{ name: '', versions: list.versions ?? [] }]
      : (list.groups ?? []).map(({ name, versions = [], preferredVersion }) => ({
          name,
          // The preferred version first, the others in the server's order.
          versions: [
            ...new Set([...(preferredVersion ? [preferredVersion] : []), ...versions].map((row) => row.version)),
          ],
        }));
  return Promise.all(
    groups.map(async ({ name, versions }) => {
      const asked = await Promise.all(
        versions.map(async (version): Promise<DiscoveredGroup['versions'][number] | DiscoveryFailure> => {
          const groupVersion = name === '' ? version : `${name}/${version}`;
          try {
            const resources = await connection.requestJson({ path: `${path}/${groupVersion}`, signal });
            return { version, resources: readResources(resources as ApiResourceList) };
          } catch (error) {
            // One group whose back end is away must not hide the others.
            if (!isAppError(error, 'CLUSTER_ERROR', 'CLUSTER_TIMEOUT', 'CLUSTER_FORBIDDEN', 'CLUSTER_PROTOCOL'))
              throw error;
            return { groupVersion, message: error.message };
          }
        }),
      );
      return {
        group: name,
        versions: asked.flatMap((answer) => ('resources' in answer ? [answer] : [])),
        failures: asked.flatMap((answer) => ('groupVersion' in answer ? [answer] : [])),
      };
    }),
  );
}

function readResources({ resources = [] }: ApiResourceList): DiscoveredResource[] {
  return resources
    .filter(({ name, verbs = [] }) => !name.includes('/') && verbs.length > 0)
    .map((resource) => ({
      kind: resource.kind ?? '',
      plural: resource.name,
      singular: resource.singularName || (resource.kind ?? '').toLowerCase(),
      shortNames: resource.shortNames ?? [],
      categories: resource.categories ?? [],
      namespaced: resource.namespaced === true,
      verbs: resource.verbs ?? [],
      subresources: resources
        .map(({ name }) => name.split('/'))
        .filter(([parent, subresource]) => parent === resource.name && subresource !== undefined)
        .map(([, subresource]) => subresource!),
    }));
}
