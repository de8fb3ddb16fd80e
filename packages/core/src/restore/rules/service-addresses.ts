import type { Manifest } from '../../object/manifest.ts';
import { childOf, isDraft, itemsOf, textOf, type Draft } from '../draft.ts';
import { removeAt, takeFrom } from '../field-path.ts';
import type { ItemRule } from './item-rule.ts';
import type { PlanNote } from '../plan-note.ts';

const source = 'https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/';

/** Cluster IPs and node ports: kept where they mean the same, given anew where they may be taken by others. */
export const serviceAddresses: ItemRule = {
  id: 'service-addresses',
  types: ['services'],
  reason:
    'addresses are given out by one cluster; inside it clients may have them by heart, in another they may be taken',
  source,
  create: (draft, context) => (context.addresses === 'reassign' ? reassign(draft) : undefined),
  update: (draft, live, context) => {
    keepImmutableAddresses(draft, live);
    if (context.addresses === 'reassign') keepLivePorts(draft, live);
    return undefined;
  },
};

function reassign(draft: Draft): PlanNote | undefined {
  const fields: string[] = [];
  const spec = childOf(draft, 'spec');
  if (spec === undefined) return undefined;
  const isHeadless = spec['clusterIP'] === 'None';
  for (const field of ['clusterIP', 'clusterIPs', 'healthCheckNodePort']) {
    if (isHeadless && field !== 'healthCheckNodePort') continue;
    if (field === 'healthCheckNodePort' && isChosenHealthCheckPort(draft)) continue;
    if (removeAt(draft, `/spec/${field}`)) fields.push(`spec.${field}`);
  }
  for (const port of chosenByNobody(draft)) {
    delete port['nodePort'];
    fields.push(`spec.ports[${textOf(port, 'name') ?? String(port['port'])}].nodePort`);
  }
  return fields.length === 0 ? undefined : { kind: 'address-reassigned', fields };
}

/**
 * Ports whose nodePort no author wrote: it is neither in the last applied configuration nor in anybody's managed
 * fields. As Velero decides it: https://github.com/velero-io/velero/blob/main/pkg/restore/actions/service_action.go
 */
function chosenByNobody(draft: Draft): readonly Draft[] {
  const applied = lastApplied(draft);
  const appliedPorts = itemsOf(childOf(applied, 'spec'), 'ports').filter((port) => port['nodePort'] !== undefined);
  const owned = managedPortKeys(draft);
  return itemsOf(childOf(draft, 'spec'), 'ports').filter((port) => {
    if (port['nodePort'] === undefined) return false;
    if (applied !== undefined) return !appliedPorts.some((other) => isSamePort(other, port));
    return !owned.some((key) => isSamePort(key, port));
  });
}

function isSamePort(a: Draft, b: Draft): boolean {
  return a['port'] === b['port'] && (a['protocol'] ?? 'TCP') === (b['protocol'] ?? 'TCP');
}

function isChosenHealthCheckPort(draft: Draft): boolean {
  const applied = lastApplied(draft);
  if (applied !== undefined) return childOf(applied, 'spec')?.['healthCheckNodePort'] !== undefined;
  return itemsOf(childOf(draft, 'metadata'), 'managedFields').some(
    (entry) => childOf(childOf(entry, 'fieldsV1'), 'f:spec')?.['f:healthCheckNodePort'] !== undefined,
  );
}

function managedPortKeys(draft: Draft): readonly Draft[] {
  const keys: Draft[] = [];
  for (const entry of itemsOf(childOf(draft, 'metadata'), 'managedFields')) {
    const ports = childOf(childOf(childOf(entry, 'fieldsV1'), 'f:spec'), 'f:ports');
    for (const [key, fields] of Object.entries(ports ?? {})) {
      if (!key.startsWith('k:') || !isDraft(fields) || fields['f:nodePort'] === undefined) continue;
      const parsed: unknown = parseOrUndefined(key.slice(2));
      if (isDraft(parsed)) keys.push(parsed);
    }
  }
  return keys;
}

function lastApplied(draft: Draft): Draft | undefined {
  const text = textOf(
    childOf(childOf(draft, 'metadata'), 'annotations'),
    'kubectl.kubernetes.io/last-applied-configuration',
  );
  const parsed = text === undefined ? undefined : parseOrUndefined(text);
  return isDraft(parsed) ? parsed : undefined;
}

/** Text that others wrote: not JSON means that it says nothing. */
function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The API server refuses another cluster IP than the one it gave, unless the type of the Service changes; and none
 * where there was one. Its families go with it: asked for others at the same time it crashes the request (1.30 to 1.36)
 * instead of refusing it.
 */
function keepImmutableAddresses(draft: Draft, live: Manifest): void {
  const [liveIp, backupIp] = [live, draft].map((service) => textOf(childOf(service, 'spec'), 'clusterIP') ?? '');
  if (liveIp === '' || backupIp === '') return;
  const isHeadless = [liveIp, backupIp].map((ip) => ip === 'None');
  const fields = isHeadless.includes(true)
    ? ['ipFamilies', 'ipFamilyPolicy']
    : ['clusterIP', 'clusterIPs', 'healthCheckNodePort'];
  if (isHeadless[0] === true && isHeadless[1] === true) return;
  for (const field of fields) takeFrom(live, draft, `/spec/${field}`);
}

function keepLivePorts(draft: Draft, live: Manifest): void {
  const livePorts = itemsOf(childOf(live, 'spec'), 'ports');
  for (const port of chosenByNobody(draft)) {
    const given = livePorts.find((other) => isSamePort(other, port))?.['nodePort'];
    if (given === undefined) delete port['nodePort'];
    else port['nodePort'] = given;
  }
}
