import {
  compareUtf8,
  typeName,
  type BackupPlan,
  type JsonObject,
  type ResourceType,
  type TypePlan,
} from '@infrabackup/core';

/** Who gets the rights. */
export interface RoleOptions {
  /** What the roles and bindings are called. */
  readonly name: string;
  /** The service account that is bound to them, `namespace` and `name`; undefined writes roles alone. */
  readonly serviceAccount: { readonly namespace: string; readonly name: string } | undefined;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/**
 * The least rights that a backup by this plan needs: reading, and only what it reads, as manifests.
 *
 * Types that are listed in all namespaces, and cluster-scoped ones, are in a ClusterRole; those of named namespaces in a
 * Role each. What makes a backup better and is no object of it is there too: the names of namespaces where rules ask
 * for them, the list of APIServices, and the uid of `kube-system`, by which a backup knows its cluster.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
export function planRoles(plan: BackupPlan, { name, serviceAccount }: RoleOptions): readonly JsonObject[] {
  const everywhere = new RuleTable();
  const inNamespace = new Map<string, RuleTable>();
  for (const typePlan of plan.types) {
    if (typePlan.onlyNames !== undefined) everywhere.add(typePlan.type, ['get', 'list'], typePlan.onlyNames);
    else if (typePlan.namespaces === undefined) everywhere.add(typePlan.type, ['list']);
    else for (const namespace of typePlan.namespaces) tableOf(inNamespace, namespace).add(typePlan.type, ['list']);
  }
  if (asksForNames(plan)) everywhere.add({ group: '', plural: 'namespaces' }, ['list']);
  everywhere.add({ group: '', plural: 'namespaces' }, ['get'], ['kube-system']);
  everywhere.add({ group: 'apiregistration.k8s.io', plural: 'apiservices' }, ['list']);
  const definitions = plan.types.filter(mayBeCustom).map(({ type }) => typeName(type));
  if (plan.definitions !== undefined && definitions.length > 0) {
    everywhere.add(plan.definitions, ['get', 'list'], definitions);
  }
  return [
    ...manifests(name, undefined, everywhere, serviceAccount),
    ...[...inNamespace]
      .sort(([a], [b]) => compareUtf8(a, b))
      .flatMap(([namespace, table]) => manifests(name, namespace, table, serviceAccount)),
  ];
}

/** Whether the names of namespaces are listed when the plan is made; see `asksForNamespaces` of core. */
function asksForNames({ selection: { rules, within } }: BackupPlan): boolean {
  return [...rules, ...(within === undefined ? [] : [within])].some(
    (rule) => rule.includeNamespaces !== undefined || rule.excludeNamespaces !== undefined,
  );
}

/** A type of the API server's own has no definition, and its group no dot but for `*.k8s.io`. */
function mayBeCustom({ type }: TypePlan): boolean {
  return type.group.includes('.');
}

function tableOf(tables: Map<string, RuleTable>, namespace: string): RuleTable {
  const table = tables.get(namespace) ?? new RuleTable();
  tables.set(namespace, table);
  return table;
}

/** Rules of a role: types of one group that are read alike share a rule. */
class RuleTable {
  readonly #rules = new Map<string, Rule>();

  add(
    { group, plural }: Pick<ResourceType, 'group' | 'plural'>,
    verbs: readonly string[],
    names?: readonly string[],
  ): void {
    const key = JSON.stringify([group, verbs, names]);
    const rule: Rule = this.#rules.get(key) ?? {
      ...{ apiGroups: [group], resources: [], verbs },
      ...(names !== undefined && { resourceNames: names }),
    };
    if (!rule.resources.includes(plural)) rule.resources.push(plural);
    this.#rules.set(key, rule);
  }

  sorted(): readonly Rule[] {
    return [...this.#rules.values()].sort((a, b) => compareUtf8(a.apiGroups[0]!, b.apiGroups[0]!));
  }
}

function manifests(
  name: string,
  namespace: string | undefined,
  table: RuleTable,
  serviceAccount: RoleOptions['serviceAccount'],
): readonly JsonObject[] {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const kind = namespace === undefined ? 'ClusterRole' : 'Role';
  const metadata = { name, ...(namespace !== undefined && { namespace }) };
  const role = { apiVersion, kind, metadata, rules: table.sorted() as unknown as JsonObject[] };
  if (serviceAccount === undefined) return [role];
  const binding = {
    ...{ apiVersion, kind: `${kind}Binding`, metadata },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
    subjects: [{ kind: 'ServiceAccount', ...serviceAccount }],
  };
  return [role, binding];
}
