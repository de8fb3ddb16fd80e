import type { ApiClient } from '../cluster/api-client.ts';

/** One type that a cluster serves, as the tests read it: by a client that shares nothing with the product. */
export interface ApiResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** An object as it came over the wire. */
export interface ApiObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string }[];
    readonly managedFields?: readonly { readonly subresource?: string; readonly manager: string }[];
  };
  readonly [member: string]: unknown;
}

interface ResourceList {
  readonly resources: readonly { name: string; kind: string; namespaced: boolean; verbs: string[] }[];
}

/** Every type in its preferred version, without subresources. */
export async function readApiResources(api: ApiClient): Promise<readonly ApiResource[]> {
  const { groups } = await api.expect<{ groups: { name: string; preferredVersion: { version: string } }[] }>(
    'GET',
    '/apis',
  );
  const versions = [{ group: '', version: 'v1' }].concat(
    groups.map(({ name, preferredVersion }) => ({ group: name, version: preferredVersion.version })),
  );
  const lists = await Promise.all(
    versions.map(async ({ group, version }) => {
      const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      const answer = await api.request('GET', root);
      if (answer.status !== 200) return [];
      const { resources } = JSON.parse(answer.body) as ResourceList;
      return resources
        .filter(({ name }) => !name.includes('/'))
        .map(({ name, ...rest }) => ({ group, version, plural: name, ...rest }));
    }),
  );
  return lists.flat();
}

/** Where the type's objects, or one of them, are. */
export function apiPath({ group, version, plural }: ApiResource, object?: ApiObject['metadata']): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  if (object === undefined) return `${root}/${plural}`;
  const scope = object.namespace === undefined ? '' : `/namespaces/${object.namespace}`;
  return `${root}${scope}/${plural}/${encodeURIComponent(object.name)}`;
}

/** All objects of a type; none when it is not served any more. */
export async function listApiObjects(api: ApiClient, resource: ApiResource): Promise<readonly ApiObject[]> {
  const answer = await api.request('GET', apiPath(resource));
  return answer.status === 200 ? (JSON.parse(answer.body) as { items: ApiObject[] }).items : [];
}
