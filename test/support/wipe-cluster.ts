import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '../cluster/api-client.ts';
import { apiPath, listApiObjects, readApiResources, type ApiObject, type ApiResource } from './api-resources.ts';

const ownNamespaces = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease']);
const leftAlone =
  /^(events|leases|apiservices|ipaddresses|servicecidrs|nodes|componentstatuses|csinodes|endpointslices|endpoints)$/;
const atOnce = 32;
const admission = /^(validating|mutating)(webhookconfigurations|admissionpolicies|admissionpolicybindings)$/;

/**
 * Deletes everything that the control plane and the harness do not need, finalizers or not, and waits until it is gone:
 * what a disaster leaves of a cluster. `keep` spares objects.
 */
export async function wipeCluster(
  api: ApiClient,
  keep: (object: ApiObject, resource: ApiResource) => boolean = () => false,
): Promise<void> {
  const resources = (await readApiResources(api)).filter(
    ({ plural, verbs }) => verbs.includes('delete') && verbs.includes('list') && !leftAlone.test(plural),
  );
  // Webhooks whose back ends are gone would keep the rest from being deleted.
  const inOrder = [...resources].sort((a, b) => Number(admission.test(b.plural)) - Number(admission.test(a.plural)));
  for (let round = 0; round < 200; round++) {
    let left = 0;
    for (const resource of inOrder) {
      const objects = (await listApiObjects(api, resource)).filter(
        (object) => !isNeeded(object, resource) && !keep(object, resource),
      );
      left += objects.length;
      for (let from = 0; from < objects.length; from += atOnce) {
        await Promise.all(objects.slice(from, from + atOnce).map((object) => remove(api, resource, object)));
      }
    }
    if (left === 0) return;
    await sleep(100);
  }
  throw new Error('the cluster could not be wiped');
}

async function remove(api: ApiClient, resource: ApiResource, { metadata }: ApiObject): Promise<void> {
  const path = apiPath(resource, metadata);
  if (metadata.deletionTimestamp === undefined) {
    await api.request('DELETE', path, { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 });
  } else if ((metadata.finalizers ?? []).length > 0 && resource.plural !== 'customresourcedefinitions') {
    await api.request('PATCH', path, { metadata: { finalizers: null } }, 'application/merge-patch+json');
  }
}

function isNeeded({ metadata }: ApiObject, { plural }: ApiResource): boolean {
  const { name, namespace, labels = {}, annotations = {} } = metadata;
  if (plural === 'namespaces' && ownNamespaces.has(name)) return true;
  if (labels['kubernetes.io/bootstrapping'] !== undefined || /^system[:-]/.test(name)) return true;
  if (annotations['apf.kubernetes.io/autoupdate-spec'] === 'true' || plural === 'controllerrevisions') return true;
  if (plural === 'clusterrolebindings' && /engineer|admin|developer/.test(name)) return true;
  const isOfControlPlane =
    /^(kube-root-ca\.crt|extension-apiserver-authentication|kube-apiserver-legacy.*|kubernetes)$/.test(name);
  return namespace !== undefined && ownNamespaces.has(namespace) && (isOfControlPlane || plural === 'serviceaccounts');
}
