import type { Manifest } from './manifest.ts';

/** What stands in place of a value that is not shown. It says nothing of the value, not even its length. */
export const masked = '***';

/** Annotations in which tools keep a copy of the whole object, a Secret's values included. */
const copies: readonly { readonly annotation: string; readonly source: string }[] = [
  {
    annotation: 'kubectl.kubernetes.io/last-applied-configuration',
    source:
      'https://kubernetes.io/docs/reference/labels-annotations-taints/#kubectl-kubernetes-io-last-applied-configuration',
  },
  {
    annotation: 'objectset.rio.cattle.io/applied',
    source: 'https://github.com/rancher/wrangler/blob/v3.2.0/pkg/apply/desiredset_compare.go',
  },
  { annotation: 'kapp.k14s.io/original', source: 'https://carvel.dev/kapp/docs/latest/diff/' },
  { annotation: 'kapp.k14s.io/original-diff', source: 'https://carvel.dev/kapp/docs/latest/diff/' },
  { annotation: 'banzaicloud.com/last-applied', source: 'https://github.com/cisco-open/k8s-objectmatcher' },
];

/** Shorter values stand in any text by chance. */
const shortestTelling = 6;

/**
 * The object as it may be shown to anybody: a Secret with its keys and without its values; others as they are.
 *
 * Annotations that hold a copy of the values are masked too: those of the table, and any in which a value stands as it
 * is or in Base64. The given object is not changed; what is not masked is shared with it.
 *
 * Source: https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data
 */
export function redact(manifest: Manifest): Manifest {
  if (manifest.kind !== 'Secret' || manifest.apiVersion !== 'v1') return manifest;
  const { data, stringData, metadata } = manifest;
  const values = [...tellingValues(data, 'base64'), ...tellingValues(stringData, 'utf8')];
  return {
    ...manifest,
    ...(data !== undefined && { data: maskEach(data) }),
    ...(stringData !== undefined && { stringData: maskEach(stringData) }),
    metadata:
      metadata.annotations === undefined
        ? metadata
        : { ...metadata, annotations: redactAnnotations(metadata.annotations, values) },
  };
}

function maskEach(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return masked;
  return Object.fromEntries(Object.keys(data).map((key) => [key, masked]));
}

function tellingValues(data: unknown, encoding: 'base64' | 'utf8'): readonly string[] {
  if (typeof data !== 'object' || data === null) return [];
  return Object.values(data)
    .filter((value): value is string => typeof value === 'string')
    .flatMap((value) => {
      const bytes = Buffer.from(value, encoding);
      return [bytes.toString('base64'), bytes.toString('utf8')];
    })
    .filter((value) => value.length >= shortestTelling);
}

function redactAnnotations(
  annotations: Readonly<Record<string, string>>,
  values: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(annotations).map(([name, text]) => {
      const holdsCopy = copies.some(({ annotation }) => annotation === name);
      return [name, holdsCopy || values.some((value) => text.includes(value)) ? masked : text];
    }),
  );
}
