import { expect, test } from 'vitest';
import type { Manifest } from '../object/manifest.ts';
import { compareManifests } from './compare-manifests.ts';
import { maskSecrets } from './mask-secrets.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const secret = (data: Record<string, unknown>, annotations: Record<string, string> = {}): Manifest => {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'shop', annotations }, ...data };
};

test('a value that changed shows that it did, one that stayed is masked alike on both sides', () => {
  const [before, after] = maskSecrets(
    secret({ data: { same: 'aaaa', changed: 'bbbb', gone: 'cccc' }, type: 'Opaque' }),
    secret({ data: { same: 'aaaa', changed: 'dddd', fresh: 'eeee' }, type: 'Opaque' }),
  );
  expect(before['data']).toEqual({ same: '***', changed: '*** (before)', gone: '***' });
  expect(after['data']).toEqual({ same: '***', changed: '*** (after)', fresh: '***' });
  expect(after['type']).toBe('Opaque');
});

test('an object that is only on one side is masked too', () => {
  const [before, after] = maskSecrets(undefined, secret({ stringData: { a: 'hunter2' } }));
  expect(before).toBeUndefined();
  expect(after['stringData']).toEqual({ a: '***' });
});

test('the copy that kubectl apply keeps of the whole Secret is masked', () => {
  const [before, after] = maskSecrets(
    secret({}, { [lastApplied]: '{"data":{"a":"b"}}', note: 'kept' }),
    secret({}, { [lastApplied]: '{"data":{"a":"c"}}' }),
  );
  expect(before.metadata.annotations).toEqual({ [lastApplied]: '*** (before)', note: 'kept' });
  expect(after.metadata.annotations).toEqual({ [lastApplied]: '*** (after)' });
});

test('an annotation that still holds the value of before a rotation is masked on both sides', () => {
  const [old, rotated] = ['aHVudGVyMg==', 'Y29ycmVjdA=='];
  const [before, after] = maskSecrets(
    secret({ data: { a: old } }, { copy: 'was hunter2', plain: 'x' }),
    secret({ data: { a: rotated } }, { copy: 'was hunter2', plain: 'y' }),
  );
  expect(before.metadata.annotations).toEqual({ copy: '***', plain: 'x' });
  expect(after.metadata.annotations).toEqual({ copy: '***', plain: 'y' });
});

test('data that is no map, as only a forged backup can hold it, is masked whole', () => {
  expect(maskSecrets(secret({ data: 'hunter2' }), undefined)[0]['data']).toBe('***');
  expect(maskSecrets(secret({ data: { a: { b: 'hunter2' } } }), undefined)[0]['data']).toEqual({ a: '***' });
});

test('other kinds stay as they are, a Secret of another group among them', () => {
  const config: Manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: 'b' } };
  const foreign: Manifest = { apiVersion: 'example.com/v1', kind: 'Secret', metadata: { name: 'c' }, data: { a: 'b' } };
  expect(maskSecrets(config, foreign)).toEqual([config, foreign]);
});

test('no value of a Secret is in the changes, neither in whole nor as a hash', () => {
  const changes = compareManifests(secret({ data: { a: 'Zmlyc3Q=' } }), secret({ data: { a: 'c2Vjb25k', b: 'bmV3' } }));
  expect(changes).toEqual([
    { kind: 'changed', path: ['data', 'a'], before: '*** (before)', after: '*** (after)' },
    { kind: 'added', path: ['data', 'b'], after: '***' },
  ]);
});
