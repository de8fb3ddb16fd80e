import { formatAge } from '../render/age.ts';
import { at, objectsIn, textOf, valueAt, type Cell } from './object-column.ts';

/*
 * Cells that take more than a path. Each is what the function of the same purpose prints in
 * https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/printers/internalversion/printers.go
 */

type Values = Readonly<Record<string, unknown>>;

/** `2/3`: two counts. */
export function ratio(part: string, whole: string, wholeWhenAbsent = '0'): Cell {
  const [partCell, wholeCell] = [at(part, '0'), at(whole, wholeWhenAbsent)];
  return (object, nowMs) => `${partCell(object, nowMs)}/${wholeCell(object, nowMs)}`;
}

/** How many members or elements the values of the paths have together. */
export function sizeOf(...paths: readonly string[]): Cell {
  const finds = paths.map(valueAt);
  return (object) => String(finds.reduce((sum, find) => sum + Object.keys(find(object) ?? {}).length, 0));
}

/** One member of each element of a list: `a,b`. */
export function each(list: string, member: string, whenEmpty = '', separator = ','): Cell {
  const find = valueAt(list);
  return (object) =>
    joined(
      objectsIn(find(object)).map((item) => textOf(item[member]) ?? ''),
      whenEmpty,
      separator,
    );
}

/** How long ago the instant was; `whenAbsent` without one. */
export function since(path: string, age: (instant: unknown, nowMs: number) => string, whenAbsent: string): Cell {
  const find = valueAt(path);
  return (object, nowMs) => {
    const instant = find(object);
    return instant === undefined ? whenAbsent : age(instant, nowMs);
  };
}

/** `namespace/name`, of what the paths find; `whenAbsent` when the last one finds nothing. */
export function slashed(whenAbsent: string, ...paths: readonly string[]): Cell {
  const cells = paths.map((path) => at(path));
  return (object, nowMs) => {
    const parts = cells.map((cell) => cell(object, nowMs));
    return parts.at(-1) === '' ? whenAbsent : parts.filter((part) => part !== '').join('/');
  };
}

/** `True`, `False` or `<unset>`. */
export function trueOrFalse(path: string): Cell {
  const find = valueAt(path);
  return (object) => {
    const value = find(object);
    return value === undefined ? '<unset>' : value === true ? 'True' : 'False';
  };
}

/** The texts of a list: `a,b`. */
export function listed(path: string, whenEmpty = ''): Cell {
  const find = valueAt(path);
  return (object) => {
    const value = find(object);
    return joined(Array.isArray(value) ? value.map((item: unknown) => textOf(item) ?? '') : [], whenEmpty);
  };
}

/** The cell, but `Terminating` while the object is being deleted. */
export function terminatingOr(cell: Cell): Cell {
  return (object, nowMs) => (object.metadata.deletionTimestamp === undefined ? cell(object, nowMs) : 'Terminating');
}

/** The name, marked when an annotation makes the object the default of its kind. */
export function nameWithDefault(annotation: string): Cell {
  return ({ metadata }) => `${metadata.name}${metadata.annotations?.[annotation] === 'true' ? ' (default)' : ''}`;
}

/** A label selector, or a plain map of labels, on one line. */
export function selector(path: string): Cell {
  const find = valueAt(path);
  return (object) => formatSelector((find(object) ?? {}) as Values);
}

function formatSelector(value: Values): string {
  const isPlain = value['matchLabels'] === undefined && value['matchExpressions'] === undefined;
  const labels = (isPlain ? value : (value['matchLabels'] ?? {})) as Values;
  const equalities = Object.entries(labels).map(([key, wanted]) => `${key}=${textOf(wanted) ?? ''}`);
  const expressions = objectsIn(value['matchExpressions']).map(({ key, operator, values }) => {
    const [name, list] = [textOf(key) ?? '', Array.isArray(values) ? [...(values as string[])].sort().join(',') : ''];
    const forms: Readonly<Record<string, string>> = {
      In: `${name} in (${list})`,
      NotIn: `${name} notin (${list})`,
      Exists: name,
      DoesNotExist: `!${name}`,
    };
    return forms[textOf(operator) ?? ''] ?? '<invalid>';
  });
  return joined([...equalities.sort(), ...expressions], '<none>');
}

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

/** Access modes of a volume: `RWO,ROX`, in the order of the table above. */
export function accessModes(path: string): Cell {
  const find = valueAt(path);
  return (object) => {
    const modes = find(object);
    if (!Array.isArray(modes)) return '';
    return joined(
      Object.keys(shortModes).flatMap((mode) => (modes.includes(mode) ? shortModes[mode]! : [])),
      '',
    );
  };
}

/** `80/TCP,443:30443/TCP`. */
export const servicePorts: Cell = (object) =>
  joined(
    objectsIn(valueAt('.spec.ports')(object)).map(({ port, nodePort, protocol }) => {
      const outside = typeof nodePort === 'number' && nodePort > 0 ? `:${nodePort}` : '';
      return `${textOf(port) ?? ''}${outside}/${textOf(protocol) ?? ''}`;
    }),
    '<none>',
  );

/** Where a Service is reached from outside. */
export const serviceExternalIp: Cell = (object) => {
  const { type, externalIPs, externalName } = (object['spec'] ?? {}) as Values;
  if (type === 'ExternalName') return textOf(externalName) ?? '';
  const own = Array.isArray(externalIPs) ? (externalIPs as string[]) : [];
  if (type !== 'LoadBalancer') return joined(own, '<none>');
  return joined([...loadBalancerAddresses(object), ...own], '<pending>');
};

/** The addresses of a load balancer. */
export const ingressAddress: Cell = (object) => joined(loadBalancerAddresses(object), '');

function loadBalancerAddresses(object: unknown): readonly string[] {
  const ingress = objectsIn(valueAt('.status.loadBalancer.ingress')(object));
  return [...new Set(ingress.flatMap(({ ip, hostname }) => textOf(ip || hostname) ?? []))].sort();
}

/** At most three hosts of an Ingress' rules. */
export const ingressHosts: Cell = (object) => {
  const rules = objectsIn(valueAt('.spec.rules')(object));
  const hosts = rules.flatMap(({ host }) => textOf(host || undefined) ?? []);
  return hosts.length <= 3 ? joined(hosts, '*') : `${hosts.slice(0, 3).join(',')} + ${rules.length - 3} more...`;
};

const jobStatuses: readonly (readonly [condition: string, status: string])[] = [
  ['Complete', 'Complete'],
  ['Failed', 'Failed'],
  ['Suspended', 'Suspended'],
  ['FailureTarget', 'FailureTarget'],
  ['SuccessCriteriaMet', 'SuccessCriteriaMet'],
];

/** What a Job's conditions come to. */
export const jobStatus: Cell = (object) => {
  const conditions = objectsIn(valueAt('.status.conditions')(object));
  const met = jobStatuses.find(([type]) => conditions.some((c) => c['type'] === type && c['status'] === 'True'))?.[1];
  const isOver = met === 'Complete' || met === 'Failed';
  return isOver || object.metadata.deletionTimestamp === undefined ? (met ?? 'Running') : 'Terminating';
};

/** How long a Job took, or runs. */
export const jobDuration: Cell = (object, nowMs) => {
  const { startTime, completionTime } = (object['status'] ?? {}) as { startTime?: string; completionTime?: string };
  if (startTime === undefined) return '';
  return formatAge((completionTime === undefined ? nowMs : Date.parse(completionTime)) - Date.parse(startTime));
};

/** `Ready`, `NotReady,SchedulingDisabled`. */
export const nodeStatus: Cell = (object) => {
  const ready = objectsIn(valueAt('.status.conditions')(object)).find(({ type }) => type === 'Ready');
  const status = ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady';
  return valueAt('.spec.unschedulable')(object) === true ? `${status},SchedulingDisabled` : status;
};

/** The kernel and the architecture: `6.1.0 (amd64)`. */
export const nodeKernel: Cell = (object) => {
  const { kernelVersion, architecture } = (valueAt('.status.nodeInfo')(object) ?? {}) as Values;
  const arch = textOf(architecture || undefined);
  return `${textOf(kernelVersion || undefined) ?? '<unknown>'}${arch === undefined ? '' : ` (${arch})`}`;
};

/** What an IngressClass' parameters are: `Kind.group/name`. */
export const ingressClassParameters: Cell = (object) => {
  const parameters = valueAt('.spec.parameters')(object) as Values | undefined;
  if (parameters === undefined) return '<none>';
  const group = textOf(parameters['apiGroup'] ?? undefined);
  return `${textOf(parameters['kind']) ?? ''}${group === undefined ? '' : `.${group}`}/${textOf(parameters['name']) ?? ''}`;
};

/** What an IPAddress belongs to: `services/shop/web`. */
export const addressParent: Cell = (object) => {
  const { group, resource, namespace, name } = (valueAt('.spec.parentRef')(object) ?? {}) as Values;
  if (resource === undefined) return '<none>';
  const type = [resource, group || []].flat().map(textOf).join('.').toLowerCase();
  return [type, namespace || [], name].flat().map(textOf).join('/');
};

/** A node's roles, which its labels name. */
export const nodeRoles: Cell = ({ metadata: { labels = {} } }) => {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.entries(labels).flatMap(([key, value]) => {
    if (key.startsWith(prefix)) return key.slice(prefix.length) || [];
    return key === 'kubernetes.io/role' && value !== '' ? value : [];
  });
  return joined([...new Set(roles)].sort(), '<none>');
};

/** The subjects of a binding that are of one kind. */
export function subjects(kind: 'User' | 'Group' | 'ServiceAccount'): Cell {
  return (object) => {
    const found = objectsIn(object['subjects']).filter((subject) => subject['kind'] === kind);
    return joined(
      found.map(({ namespace, name }) => [namespace ?? [], name].flat().map(textOf).join('/')),
      '',
      ', ',
    );
  };
}

/** What a quota allows and what of it is used, of limits or of everything else. */
export function quota(which: 'requests' | 'limits'): Cell {
  return (object) => {
    const { hard = {}, used = {} } = (object['status'] ?? {}) as { hard?: Values; used?: Values };
    const names = Object.keys(hard).filter((name) => name.startsWith('limits.') === (which === 'limits'));
    return joined(
      names.sort().map((name) => `${name}: ${textOf(used[name]) ?? '0'}/${textOf(hard[name]) ?? ''}`),
      '',
      ', ',
    );
  };
}

/** What an autoscaler measures, and aims at: `cpu: 20%/80%`. */
export const autoscalerTargets: Cell = (object) => {
  const specs = objectsIn(valueAt('.spec.metrics')(object));
  const current = objectsIn(valueAt('.status.currentMetrics')(object));
  const shown = specs.map((spec, index) => autoscalerTarget(spec, current[index]));
  return shown.length <= 2
    ? joined(shown, '<none>', ', ')
    : `${shown.slice(0, 2).join(', ')} + ${shown.length - 2} more...`;
};

function autoscalerTarget(spec: Values, status: Values | undefined): string {
  const type = textOf(spec['type']) ?? '';
  const source = type.charAt(0).toLowerCase() + type.slice(1);
  const { target = {}, name } = (spec[source] ?? {}) as { target?: Values; name?: string };
  const { current = {} } = (status?.[source] ?? {}) as { current?: Values };
  const pair = (member: string, unit = '', absent = ''): string =>
    [current[member], target[member]]
      .map((value, side) =>
        value === undefined ? (side === 0 ? '<unknown>' : absent) : `${textOf(value) ?? ''}${unit}`,
      )
      .join('/');
  const isResource = source === 'resource' || source === 'containerResource';
  const head = isResource ? `${name ?? ''}: ` : '';
  if (target['averageValue'] !== undefined) {
    return `${head}${pair('averageValue')}${isResource || source === 'pods' ? '' : ' (avg)'}`;
  }
  return head + (isResource ? pair('averageUtilization', '%', '<auto>') : pair('value'));
}

/** `True`, or why not: `False (ServiceNotFound)`. */
export const apiServiceAvailable: Cell = (object) => {
  const { status, reason } =
    objectsIn(valueAt('.status.conditions')(object)).find(({ type }) => type === 'Available') ?? {};
  const text = textOf(status) ?? 'Unknown';
  return text === 'True' || (reason ?? '') === '' ? text : `${text} (${textOf(reason) ?? ''})`;
};

/** A controller's kind, group and name: `statefulset.apps/orders`. */
export const controller: Cell = ({ metadata }) => {
  const owner = metadata.ownerReferences?.find((reference) => reference.controller === true);
  if (owner === undefined) return '<none>';
  const [group = ''] = owner.apiVersion.split('/', 1);
  return `${owner.kind.toLowerCase()}${owner.apiVersion.includes('/') ? `.${group}` : ''}/${owner.name}`;
};

/** At most three addresses of an Endpoints object, with their ports. */
export const endpointsSubsets: Cell = (object) => {
  const all = objectsIn(object['subsets']).flatMap(({ addresses, ports }) => {
    const ips = objectsIn(addresses).map(({ ip }) => textOf(ip) ?? '');
    const numbers = objectsIn(ports).map(({ port }) => textOf(port) ?? '');
    const pairs = numbers.flatMap((port) => ips.map((ip) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)));
    return numbers.length === 0 ? ips : pairs;
  });
  return object['subsets'] === undefined ? '<none>' : firstThree(all, '');
};

/** At most three addresses of an EndpointSlice. */
export const endpointAddresses: Cell = (object) => {
  const addresses = objectsIn(object['endpoints']).flatMap(({ addresses: list }) => (list ?? []) as string[]);
  return firstThree(addresses);
};

/** At most three ports of an EndpointSlice. */
export const endpointPorts: Cell = (object) =>
  firstThree(objectsIn(object['ports']).map(({ port, name }) => textOf(port ?? name ?? undefined) ?? '*'));

function firstThree(texts: readonly string[], whenEmpty = '<unset>'): string {
  return texts.length <= 3 ? joined(texts, whenEmpty) : `${texts.slice(0, 3).join(',')} + ${texts.length - 3} more...`;
}

function joined(texts: readonly string[], whenEmpty: string, separator = ','): string {
  return texts.length === 0 ? whenEmpty : texts.join(separator);
}
