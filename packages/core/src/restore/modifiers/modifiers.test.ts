import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../object/manifest.ts';
import { draftOf } from '../draft.ts';
import { applyModifiers } from './apply-modifiers.ts';
import { groupResourcePattern } from './matches-modifier.ts';
import { parseModifiers } from './parse-modifiers.ts';

const claim: Manifest = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'mysql-0', namespace: 'bar', labels: { foo: 'bar' } },
  spec: { storageClassName: 'slow' },
};
const deployment: Manifest = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'bar' },
  spec: {
    template: {
      spec: {
        containers: [
          { name: 'a', image: '1' },
          { name: 'nginx', image: '1' },
        ],
      },
    },
  },
};
const rules = (...resourceModifierRules: object[]): string => JSON.stringify({ version: 'v1', resourceModifierRules });
const parse = (text: string) => parseModifiers(text, JSON.parse);
const apply = (manifest: Manifest, type: string, ...resourceModifierRules: object[]) =>
  applyModifiers(draftOf(manifest), parse(rules(...resourceModifierRules)), {
    ref: { type, namespace: manifest.metadata.namespace, name: manifest.metadata.name },
    manifest,
  });
const replaceClass = { operation: 'replace', path: '/spec/storageClassName', value: 'premium' };

describe('conditions', () => {
  it.each([
    [
      'all that hold',
      { resourceNameRegex: '^mysql.*$', namespaces: ['bar', 'foo'], labelSelector: { matchLabels: { foo: 'bar' } } },
      'premium',
    ],
    ['another namespace', { namespaces: ['foo'] }, 'slow'],
    ['every namespace', { namespaces: ['*'] }, 'premium'],
    ['another name', { resourceNameRegex: '^pg' }, 'slow'],
    ['a name in other letters', { resourceNameRegex: '(?i)^MYSQL' }, 'premium'],
    [
      'another label',
      { labelSelector: { matchExpressions: [{ key: 'foo', operator: 'NotIn', values: ['bar'] }] } },
      'slow',
    ],
    ['a value that is there', { matches: [{ path: '/spec/storageClassName', value: 'slow' }] }, 'premium'],
    ['a path that is not there', { matches: [{ path: '/spec/nothing', value: 'slow' }] }, 'slow'],
  ])('%s', (_, conditions, expected) => {
    const rule = { conditions: { groupResource: 'persistentvolumeclaims', ...conditions }, patches: [replaceClass] };
    expect(apply(claim, 'persistentvolumeclaims', rule).draft).toMatchObject({ spec: { storageClassName: expected } });
  });

  it.each([
    ['*.apps', 'deployments.apps', true],
    ['*.apps', 'deployments.apps.example.com', false],
    ['*', 'pods', true],
    ['*', 'deployments.apps', false],
    ['*.*', 'deployments.apps', true],
    ['**', 'networkpolicies.networking.k8s.io', true],
    ['{pods,services}', 'services', true],
    ['pod?', 'pods', true],
  ])('the type %s has %s: %s', (pattern, type, expected) => {
    expect(groupResourcePattern(pattern).test(type)).toBe(expected);
  });
});

describe('patches', () => {
  const conditions = { groupResource: '**' };

  it('applies steps in order, and notes the rule by its place', () => {
    const patches = [replaceClass, { operation: 'remove', path: '/metadata/labels/foo' }];
    const { draft, notes } = apply(claim, 'persistentvolumeclaims', { conditions, patches });
    expect(draft).toMatchObject({ metadata: { labels: {} }, spec: { storageClassName: 'premium' } });
    expect(notes).toEqual([{ kind: 'modified', rule: 1 }]);
  });

  it('leaves the object alone when a test fails', () => {
    const patches = [{ operation: 'test', path: '/spec/storageClassName', value: 'fast' }, replaceClass];
    const { draft, notes } = apply(claim, 'persistentvolumeclaims', { conditions, patches });
    expect(draft).toEqual(claim);
    expect(notes).toEqual([]);
  });

  it.each([
    ['{"name":"b"}', { name: 'b' }],
    ['5', 5],
    ['true', true],
    ['"5"', '5'],
    ['', ''],
    ['premium', 'premium'],
  ])('reads the value %s as Velero does', (value, expected) => {
    const patches = [{ operation: 'add', path: '/spec/x', value }];
    expect(apply(claim, 'persistentvolumeclaims', { conditions, patches }).draft).toMatchObject({
      spec: { x: expected },
    });
  });

  it('refuses a path that is not there, naming rule and object', () => {
    const patches = [{ operation: 'remove', path: '/spec/nothing' }];
    expect(() => apply(claim, 'persistentvolumeclaims', { conditions, patches })).toThrow(
      /rule 1 does not fit persistentvolumeclaims\/mysql-0 -n bar: remove \/spec\/nothing/,
    );
  });

  it('refuses to make another object of it', () => {
    const patches = [{ operation: 'replace', path: '/metadata/name', value: 'other' }];
    expect(() => apply(claim, 'persistentvolumeclaims', { conditions, patches })).toThrow(/changes apiVersion/);
  });

  it('merges, and removes by null', () => {
    const mergePatches = [{ patchData: '{"metadata":{"labels":{"foo":null,"new":"1"}}}' }];
    expect(apply(claim, 'persistentvolumeclaims', { conditions, mergePatches }).draft['metadata']).toEqual({
      ...claim.metadata,
      labels: { new: '1' },
    });
  });

  it('merges strategically: containers by their names', () => {
    const patchData = JSON.stringify({
      spec: { template: { spec: { containers: [{ name: 'nginx', image: 'repo2/nginx' }, { name: 'new' }] } } },
    });
    const { draft } = apply(deployment, 'deployments.apps', { conditions, strategicPatches: [{ patchData }] });
    expect(draft).toMatchObject({
      spec: {
        template: {
          spec: { containers: [{ name: 'a', image: '1' }, { name: 'nginx', image: 'repo2/nginx' }, { name: 'new' }] },
        },
      },
    });
  });

  it('knows the directives of strategic patches', () => {
    const patchData = JSON.stringify({
      spec: { template: { spec: { containers: [{ name: 'a', $patch: 'delete' }] } } },
    });
    const { draft } = apply(deployment, 'deployments.apps', { conditions, strategicPatches: [{ patchData }] });
    expect(draft).toMatchObject({ spec: { template: { spec: { containers: [{ name: 'nginx', image: '1' }] } } } });
  });
});

describe('parseModifiers', () => {
  const patches = [replaceClass];
  it.each([
    ['another version', JSON.stringify({ version: 'v2', resourceModifierRules: [] }), /version must be v1/],
    ['no rules', rules(), /must not be empty/],
    [
      'two kinds of patches',
      rules({ conditions: { groupResource: 'x' }, patches, mergePatches: [{ patchData: '{}' }] }),
      /one of patches/,
    ],
    ['no patches', rules({ conditions: { groupResource: 'x' } }), /one of patches/],
    ['a misspelt member', rules({ conditions: { groupResources: 'x' }, patches }), /unknown member 'groupResources'/],
    [
      'an unknown operation',
      rules({ conditions: { groupResource: 'x' }, patches: [{ operation: 'set', path: '/a' }] }),
      /operation is not known/,
    ],
    [
      'a broken expression',
      rules({ conditions: { groupResource: 'x', resourceNameRegex: '(' }, patches }),
      /resourceNameRegex/,
    ],
    ['no YAML', '{', /resource modifiers: the file/],
  ])('refuses %s', (_, text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it('takes the ConfigMap that Velero keeps them in', () => {
    const inner = rules({ conditions: { groupResource: 'pods' }, patches });
    expect(parse(JSON.stringify({ kind: 'ConfigMap', data: { 'x.yaml': inner } }))).toEqual(parse(inner));
  });
});
