import type { Manifest } from '../../object/manifest.ts';
import type { ObjectRef } from '../../object/ref.ts';
import { childOf, textOf } from '../draft.ts';

/** Which other objects the tables ask about when they judge this one, beside its owners and its namespace. */
export function mentionedRefs(manifest: Manifest, target: ObjectRef): readonly ObjectRef[] {
  const { namespace } = target;
  const spec = childOf(manifest, 'spec');
  switch (target.type) {
    case 'persistentvolumeclaims':
      return [
        ...refTo('persistentvolumes', undefined, textOf(spec, 'volumeName')),
        ...['dataSource', 'dataSourceRef'].flatMap((field) => {
          const from = childOf(spec, field);
          const isClaim = textOf(from, 'kind') === 'PersistentVolumeClaim';
          const type = isClaim ? 'persistentvolumeclaims' : 'volumesnapshots.snapshot.storage.k8s.io';
          return refTo(type, textOf(from, 'namespace') ?? namespace, textOf(from, 'name'));
        }),
      ];
    case 'secrets':
      return refTo('serviceaccounts', namespace, manifest.metadata.annotations?.['kubernetes.io/service-account.name']);
    case 'serviceaccounts':
      return namespace === 'kube-system'
        ? refTo('clusterrolebindings.rbac.authorization.k8s.io', undefined, `system:controller:${target.name}`)
        : [];
    case 'endpoints':
      return refTo('services', namespace, target.name);
    default:
      return [];
  }
}

function refTo(type: string, namespace: string | undefined, name: string | undefined): readonly ObjectRef[] {
  return name === undefined || name === '' ? [] : [{ type, namespace, name }];
}
