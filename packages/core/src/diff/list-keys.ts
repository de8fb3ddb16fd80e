import type { JsonObject, Manifest } from '../object/manifest.ts';
import { kindStructures, structures } from './list-key-table.ts';

/**
 * What is known about a value beyond its JSON: which lists are maps or sets in truth, and what lies below.
 *
 * An undefined shape, or a member that is absent here, is a plain value: lists of it are compared in their order.
 */
export interface Shape {
  /** The value is a list whose items are told apart by these members: `listType=map`, or a strategic merge key. */
  readonly keys?: readonly string[] | undefined;
  /** The value is a list of distinct scalars whose order says nothing: `listType=set`. */
  readonly set?: boolean | undefined;
  /** The value is a list whose order says something, although its items have keys. */
  readonly ordered?: boolean | undefined;
  /** The shape of a list's items. */
  readonly items?: Shape | undefined;
  /** The shape of an object's member. */
  member(name: string): Shape | undefined;
}

/** Lists that have keys, and yet an order on which behaviour depends. */
const orderedLists: readonly { readonly structure: string; readonly field: string; readonly source: string }[] = [
  {
    structure: 'core.v1.PodSpec',
    field: 'initContainers',
    source: 'https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#understanding-init-containers',
  },
  {
    structure: 'core.v1.Container',
    field: 'env',
    source: 'https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/',
  },
  {
    structure: 'core.v1.EphemeralContainer',
    field: 'env',
    source: 'https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/',
  },
  {
    structure: 'admissionregistration.v1.MutatingWebhookConfiguration',
    field: 'webhooks',
    source:
      'https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/configuration/mutating_webhook_manager.go',
  },
  {
    structure: 'admissionregistration.v1.ValidatingAdmissionPolicySpec',
    field: 'variables',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#variable-composition',
  },
];

/**
 * Object metadata, the same for every kind.
 *
 * An owner is told apart by its uid in the API; here by kind and name, because the uid of an owner that was created
 * again is hidden.
 * Source: https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go
 */
const metadataMembers = new Map<string, Shape>([
  ['finalizers', { set: true, member: () => undefined }],
  ['ownerReferences', { keys: ['kind', 'name'], member: () => undefined }],
]);

const metadataShape: Shape = { member: (name) => metadataMembers.get(name) };

/**
 * The shape of an object of a built-in kind; of any other kind when its CRD is given.
 *
 * Without a CRD only the metadata of a custom resource has a shape.
 */
export function shapeOf(manifest: Manifest, crd?: Manifest): Shape {
  const [group, version] = splitApiVersion(manifest.apiVersion);
  const structure = kindStructures[group === '' ? manifest.kind : `${manifest.kind}.${group}`];
  const own = structure === undefined ? schemaShape(schemaOf(crd, version)) : structureShape(structure);
  return { member: (name) => (name === 'metadata' ? metadataShape : own?.member(name)) };
}

const structureShapes = new Map<string, Shape>();

function structureShape(name: string): Shape {
  const known = structureShapes.get(name);
  if (known !== undefined) return known;
  const fields = new Map<string, Shape>();
  const shape: Shape = { member: (field) => fields.get(field) };
  // Set before the members are followed: JSONSchemaProps holds itself.
  structureShapes.set(name, shape);
  for (const [field, { keys, set, map, of }] of Object.entries(structures[name] ?? {})) {
    const ordered = orderedLists.some((row) => row.structure === name && row.field === field);
    const below = of === undefined ? undefined : structureShape(of);
    fields.set(field, { keys, set, ordered, items: below, member: (inner) => (map ? below : below?.member(inner)) });
  }
  return shape;
}

/** The part of JSON schema that says how lists are to be compared. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}

/** Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy */
function schemaShape(schema: Schema | undefined): Shape | undefined {
  if (schema === undefined) return undefined;
  const { properties, additionalProperties } = schema;
  const values = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  return {
    keys: schema['x-kubernetes-list-type'] === 'map' ? schema['x-kubernetes-list-map-keys'] : undefined,
    set: schema['x-kubernetes-list-type'] === 'set',
    items: schemaShape(schema.items),
    member: (name) =>
      schemaShape(properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : values),
  };
}

function schemaOf(crd: Manifest | undefined, version: string): Schema | undefined {
  const spec = crd?.['spec'] as JsonObject | undefined;
  const versions = spec?.['versions'] as readonly { name: string; schema?: { openAPIV3Schema?: Schema } }[] | undefined;
  return versions?.find(({ name }) => name === version)?.schema?.openAPIV3Schema;
}

function splitApiVersion(apiVersion: string): [group: string, version: string] {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}
