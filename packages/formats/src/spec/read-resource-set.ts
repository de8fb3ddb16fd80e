import { AppError, parseExpression, typeName, type Selection, type SelectionRule } from '@infrabackup/core';
import type { ObjectRef } from '@infrabackup/core';
import type { Fields } from '../fields.ts';
import type { BackupSpec } from './backup-spec.ts';
import { readLabelSelector } from './label-selector.ts';

/**
 * What a ResourceSet of Rancher's backup operator means, its traps included: a list and its expression add up, other
 * conditions all hold; `excludeKinds` counts against the expression only; namespaces say nothing of cluster-scoped
 * types. One of its selectors becomes up to four rules, since what is listed is never excluded again.
 *
 * Source: https://github.com/rancher/backup-restore-operator/blob/main/pkg/resourcesets/collector.go
 */
export function readResourceSet(fields: Fields): BackupSpec {
  const metadata = fields.map('metadata');
  const name = metadata?.text('name') ?? 'resource-set';
  const rules = (fields.maps('resourceSelectors') ?? []).flatMap(readSelector);
  if (rules.length === 0) {
    throw new AppError('USAGE', `${fields.where} has no resourceSelectors, so it selects nothing`);
  }
  const scaleDown = (fields.maps('controllerReferences') ?? []).map(readController);
  fields.any('apiVersion');
  fields.any('kind');
  fields.any('status');
  fields.end();
  const selection: Selection = { preset: name, rules, exact: true, ...(scaleDown.length > 0 && { scaleDown }) };
  return { name, dialect: 'resource-set', selection, labels: {}, notes: [] };
}

function readSelector(fields: Fields): readonly SelectionRule[] {
  const apiVersion = fields.text('apiVersion');
  if (apiVersion === undefined || !/^([a-z0-9.-]+\/)?[a-z0-9]+$/.test(apiVersion)) {
    throw new AppError('USAGE', `${fields.where}.apiVersion is not one group and version, such as apps/v1`);
  }
  const kinds = fields.texts('kinds') ?? [];
  const kindsRegexp = expressionOf(fields, 'kindsRegexp');
  const excludeKinds = fields.texts('excludeKinds') ?? [];
  const names = fields.texts('resourceNames') ?? [];
  const nameRegexp = expressionOf(fields, 'resourceNameRegexp');
  const excludeName = expressionOf(fields, 'excludeResourceNameRegexp');
  const namespaces = [...(fields.texts('namespaces') ?? []), ...listOf(expressionOf(fields, 'namespaceRegexp'))];
  const labelSelector = readLabelSelector(fields.map('labelSelectors'));
  const fieldSelector = Object.entries(fields.textMap('fieldSelectors') ?? {})
    .map(([path, value]) => `${path}=${value}`)
    .join(',');
  fields.end();

  const common: SelectionRule = {
    apiVersion,
    ...(namespaces.length > 0 && { includeNamespaces: namespaces }),
    includeClusterResources: true,
    ...(labelSelector !== undefined && { labelSelector }),
    ...(fieldSelector !== '' && { fieldSelector }),
    excludeNoise: false,
  };
  const byType: readonly SelectionRule[] = [
    ...(kinds.length === 0 && kindsRegexp === undefined ? [{}] : []),
    ...(kinds.length > 0 ? [{ includeResources: kinds.map(exactly) }] : []),
    ...(kindsRegexp === undefined
      ? []
      : [
          {
            includeResources: [kindsRegexp],
            ...(excludeKinds.length > 0 && { excludeResources: excludeKinds.map(exactly) }),
          },
        ]),
  ];
  const exclusion = excludeName === undefined ? {} : { excludeNames: [excludeName] };
  const byName: readonly SelectionRule[] = [
    ...(names.length === 0 && nameRegexp === undefined ? [exclusion] : []),
    ...(names.length > 0 ? [{ names }] : []),
    ...(nameRegexp === undefined ? [] : [{ names: [nameRegexp], ...exclusion }]),
  ];
  return byType.flatMap((type) => byName.map((name) => ({ ...common, ...type, ...name })));
}

function readController(fields: Fields): ObjectRef {
  const apiVersion = fields.text('apiVersion') ?? '';
  const plural = fields.text('resource') ?? '';
  const name = fields.text('name') ?? '';
  const namespace = fields.text('namespace');
  fields.any('replicas');
  fields.end();
  if (apiVersion === '' || plural === '' || name === '') {
    throw new AppError('USAGE', `${fields.where} needs apiVersion, resource and name`);
  }
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0]! : '';
  return { type: typeName({ group, plural }), ...(namespace !== undefined && { namespace }), name };
}

/** An expression as rules have it; one that is empty asks nothing. Throws USAGE where it is none. */
function expressionOf(fields: Fields, member: string): string | undefined {
  const text = fields.text(member);
  if (text === undefined || text === '') return undefined;
  parseExpression(text);
  return `/${text}/`;
}

/** A rule's word for exactly this kind or plural, in this case. */
function exactly(kind: string): string {
  return `/^${kind.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$/`;
}

function listOf<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value];
}
