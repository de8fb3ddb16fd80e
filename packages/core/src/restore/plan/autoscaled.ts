import type { Backup } from '../../archive/open-backup.ts';
import { listAnew } from '../../cluster/list-anew.ts';
import type { ClusterReader } from '../../cluster/reader.ts';
import { isAppError } from '../../errors/app-error.ts';
import type { Manifest } from '../../object/manifest.ts';
import { refKey } from '../../object/ref.ts';
import { typeName, type ResourceType } from '../../object/resource-type.ts';
import { childOf, textOf } from '../draft.ts';
import type { ComparedType } from './compare-live.ts';

const autoscalers = 'horizontalpodautoscalers.autoscaling';

/** What finding them needs. */
export interface AutoscaledInput {
  readonly backup: Backup;
  readonly reader: ClusterReader;
  readonly types: readonly ResourceType[];
  readonly typeOf: (group: string, kind: string) => ResourceType | undefined;
  readonly compared: readonly ComparedType[];
  readonly signal: AbortSignal | undefined;
}

/**
 * The objects, by `refKey`, that a HorizontalPodAutoscaler sizes: a live one, or one that is restored along. Empty
 * where nothing that differs can be scaled. What may not be listed sizes nothing.
 *
 * Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
 */
export async function readAutoscaled(input: AutoscaledInput): Promise<ReadonlySet<string>> {
  const { reader, types, compared, signal } = input;
  const scalable = compared.filter(
    ({ scope, differences }) =>
      scope.type.subresources.includes('scale') && differences.some(({ live }) => live !== undefined),
  );
  const namespaces = new Set(scalable.flatMap(({ differences }) => differences.map(({ target }) => target.namespace)));
  const type = types.find((served) => typeName(served) === autoscalers);
  const found = new Set<string>();
  if (type === undefined || namespaces.size === 0) return found;
  for (const namespace of namespaces.size > 20 ? [undefined] : namespaces) {
    try {
      await listAnew(async () => {
        for await (const { objects } of reader.list({ type, namespace, signal })) {
          for (const { bytes } of objects) note(JSON.parse(bytes.toString()) as Manifest, input, found);
        }
      });
    } catch (error) {
      if (!isAppError(error, 'CLUSTER_FORBIDDEN')) throw error;
    }
  }
  await noteRestored(input, found);
  return found;
}

async function noteRestored(input: AutoscaledInput, found: Set<string>): Promise<void> {
  const own = input.compared.find(({ scope }) => typeName(scope.type) === autoscalers);
  const created = own?.differences.filter(({ live }) => live === undefined) ?? [];
  for await (const { bytes } of input.backup.readMany(created.map(({ entry }) => entry))) {
    note(JSON.parse(bytes.toString()) as Manifest, input, found);
  }
}

function note(autoscaler: Manifest, { typeOf }: AutoscaledInput, found: Set<string>): void {
  const target = childOf(childOf(autoscaler, 'spec'), 'scaleTargetRef');
  const [group = '', version] = (textOf(target, 'apiVersion') ?? '').split('/');
  const type = typeOf(version === undefined ? '' : group, textOf(target, 'kind') ?? '');
  const name = textOf(target, 'name');
  if (type === undefined || name === undefined) return;
  found.add(refKey({ type: typeName(type), namespace: autoscaler.metadata.namespace, name }));
}
