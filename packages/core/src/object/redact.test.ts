import { describe, expect, it } from 'vitest';
import type { Manifest } from './manifest.ts';
import { redact } from './redact.ts';

const password = 'correct horse';
const encoded = Buffer.from(password).toString('base64');

function secret(extra: Partial<Manifest>): Manifest {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db' }, ...extra };
}

describe('redact', () => {
  it('keeps the keys of data and stringData and none of their values', () => {
    const shown = redact(secret({ data: { password: encoded, empty: '' }, stringData: { plain: password } }));
    expect(shown['data']).toEqual({ password: '***', empty: '***' });
    expect(shown['stringData']).toEqual({ plain: '***' });
  });

  it('tells values of different length by nothing', () => {
    const short = redact(secret({ data: { key: 'YQ==' } }));
    const long = redact(secret({ data: { key: 'YQ=='.repeat(100) } }));
    expect(short).toEqual(long);
  });

  it.each([
    'kubectl.kubernetes.io/last-applied-configuration',
    'objectset.rio.cattle.io/applied',
    'kapp.k14s.io/original',
    'kapp.k14s.io/original-diff',
    'banzaicloud.com/last-applied',
  ])('masks %s, also when it holds values of before a rotation', (name) => {
    const shown = redact(
      secret({
        data: {},
        metadata: { name: 'db', annotations: { [name]: '{"data":{"old":"c2VjcmV0"}}', team: 'shop' } },
      }),
    );
    expect(shown.metadata.annotations).toEqual({ [name]: '***', team: 'shop' });
  });

  it.each([
    ['as it is', `copy of ${password}`],
    ['in Base64', JSON.stringify({ data: { password: encoded } })],
  ])("masks an unknown tool's annotation that holds a value %s", (_, text) => {
    const shown = redact(
      secret({ data: { password: encoded }, metadata: { name: 'db', annotations: { copy: text } } }),
    );
    expect(shown.metadata.annotations).toEqual({ copy: '***' });
  });

  it('keeps annotations in which a very short value stands by chance', () => {
    const shown = redact(
      secret({
        data: { flag: Buffer.from('on').toString('base64') },
        metadata: { name: 'a', annotations: { c: 'once' } },
      }),
    );
    expect(shown.metadata.annotations).toEqual({ c: 'once' });
  });

  it('changes neither its input nor any other kind', () => {
    const input = secret({ data: { password: encoded } });
    redact(input);
    expect(input['data']).toEqual({ password: encoded });
    const configMap: Manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: 'b' } };
    expect(redact(configMap)).toBe(configMap);
    const foreign: Manifest = { ...configMap, apiVersion: 'example.com/v1', kind: 'Secret' };
    expect(redact(foreign)).toBe(foreign);
  });
});
