import { describe, expect, it } from 'vitest';
import { keyForType, parseEncryptionConfig } from './encryption-config.ts';
import type { EncryptionConfig } from './encryption-config.ts';

const secret16 = Buffer.alloc(16, 1).toString('base64');
const secret32 = Buffer.alloc(32, 2).toString('base64');

function file(
  resources: string,
  head = 'apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration',
): string {
  return `${head}\nresources: ${resources}\n`;
}

function provider(name: string, ...keys: string[]): string {
  return `{${name}: {keys: [${keys.map((key) => `{name: ${key}, secret: ${secret32}}`).join(', ')}]}}`;
}

function parse(resources: string): EncryptionConfig {
  return parseEncryptionConfig(file(resources), 'keys.yaml');
}

describe('reading an EncryptionConfiguration', () => {
  it('takes the example of the documentation: the first key of the first provider writes, all of them read', () => {
    const config = parseEncryptionConfig(
      `
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources:
      - secrets
      - configmaps
      - pandas.awesome.bears.example
    providers:
      - identity: {}
      - aesgcm:
          keys:
            - {name: key1, secret: c2VjcmV0IGlzIHNlY3VyZQ==}
            - {name: key2, secret: dGhpcyBpcyBwYXNzd29yZA==}
      - aescbc:
          keys:
            - {name: key1, secret: c2VjcmV0IGlzIHNlY3VyZQ==}
      - secretbox:
          keys:
            - {name: key1, secret: YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY=}
  - resources: [events]
    providers:
      - identity: {}
  - resources: ['*.apps']
    providers:
      - aescbc:
          keys:
            - name: key2
              secret: c2VjcmV0IGlzIHNlY3VyZSwgb3IgaXMgaXQ/Cg==`.replace(
        'c2VjcmV0IGlzIHNlY3VyZSwgb3IgaXMgaXQ/Cg==',
        secret32,
      ),
      'keys.yaml',
    );
    expect(config.rules.map(({ resources, key }) => [resources, key?.cipher, key?.name])).toEqual([
      [['secrets', 'configmaps', 'pandas.awesome.bears.example'], undefined, undefined],
      [['events'], undefined, undefined],
      [['*.apps'], 'aescbc', 'key2'],
    ]);
    expect(config.keys.map(({ cipher, name }) => `${cipher} ${name}`)).toEqual([
      'aesgcm key1',
      'aesgcm key2',
      'aescbc key1',
      'secretbox key1',
      'aescbc key2',
    ]);
  });

  it('reads JSON, and the name that the documentation once gave', () => {
    const rules = [{ resources: ['secrets'], providers: [{ aesgcm: { keys: [{ name: 'a', secret: secret16 }] } }] }];
    const text = JSON.stringify({ kind: 'EncryptionConfig', apiVersion: 'v1', resources: rules });
    expect(parseEncryptionConfig(text, 'keys.json').keys).toHaveLength(1);
  });

  it('shows no key when it is printed', () => {
    const config = parse(`[{resources: [secrets], providers: [${provider('aesgcm', 'a')}]}]`);
    expect(JSON.stringify(config)).not.toContain(secret32);
    expect(Object.keys(config.keys[0]!.secret)).toEqual([]);
  });

  it.each<[string, string, string | undefined]>([
    ['the type by its name', 'secrets', 'exact'],
    ['a name before its group', 'deployments.apps', 'deployments'],
    ['the group before all', 'daemonsets.apps', 'apps'],
    ['a group of several parts', 'widgets.example.com', 'example'],
    ['the core group', 'configmaps', 'core'],
    ['all that nothing else names', 'roles.rbac.authorization.k8s.io', 'all'],
    ['nothing of what is meant to stay in clear', 'pods', undefined],
  ])('encrypts %s', (_, type, key) => {
    const rule = (resources: string, name: string): string =>
      `{resources: ['${resources}'], providers: [${provider('secretbox', name)}]}`;
    const config = parse(
      `[${[
        rule('*.*', 'all'),
        rule('*.', 'core'),
        rule('*.apps', 'apps'),
        rule('*.example.com', 'example'),
        rule('deployments.apps', 'deployments'),
        rule('secrets', 'exact'),
        rule('secrets', 'late'),
        '{resources: [pods], providers: [{identity: {}}]}',
      ].join()}]`,
    );
    expect(keyForType(config, type)?.name).toBe(key);
  });

  it('leaves in clear what no rule names', () => {
    const config = parse(`[{resources: [secrets], providers: [${provider('aesgcm', 'a')}]}]`);
    expect(keyForType(config, 'configmaps')).toBeUndefined();
    expect(keyForType(config, 'secrets.example.com')).toBeUndefined();
  });

  const good = provider('aesgcm', 'a');
  it.each<[string, string, RegExp]>([
    ['no YAML', `resources: [${secret32}`, /neither YAML nor JSON/],
    ['another kind', file('[]', 'apiVersion: v1\nkind: Secret'), /no EncryptionConfiguration/],
    ['a list', '[]', /no mapping/],
    ['no rule', file('[]'), /resources is no list of at least one/],
    ['no provider', file('[{resources: [secrets], providers: []}]'), /providers is no list/],
    ['no resource', file(`[{resources: [], providers: [${good}]}]`), /resources is no list/],
    ['two providers in one', file(`[{resources: [a], providers: [{identity: {}, aesgcm: {}}]}]`), /one provider/],
    ['an unknown provider', file('[{resources: [a], providers: [{rot13: {}}]}]'), /names "rot13"/],
    ['a provider without keys', file('[{resources: [a], providers: [{aescbc: {keys: []}}]}]'), /keys is no list/],
    [
      'a key without a name',
      file(`[{resources: [a], providers: [{aesgcm: {keys: [{secret: ${secret16}}]}}]}]`),
      /no name/,
    ],
    ['a key without a secret', file('[{resources: [a], providers: [{aesgcm: {keys: [{name: a}]}}]}]'), /no secret/],
    [
      'a secret that is no base64',
      file('[{resources: [a], providers: [{aesgcm: {keys: [{name: a, secret: "?"}]}}]}]'),
      /not base64/,
    ],
    [
      'a short secret',
      file('[{resources: [a], providers: [{aesgcm: {keys: [{name: a, secret: YQ==}]}}]}]'),
      /1 bytes, not 16 or 24 or 32/,
    ],
    [
      '16 bytes for secretbox',
      file(`[{resources: [a], providers: [{secretbox: {keys: [{name: a, secret: ${secret16}}]}}]}]`),
      /16 bytes, not 32/,
    ],
    [
      'a resource and its group',
      file(`[{resources: [secrets, '*.'], providers: [${good}]}]`),
      /"secrets" in .* is covered by "\*\."/,
    ],
    ['a resource twice', file(`[{resources: [a.b, a.b], providers: [${good}]}]`), /is covered by/],
    ['everything and something', file(`[{resources: ['*.apps', '*.*'], providers: [${good}]}]`), /is covered by/],
    ['a star alone', file(`[{resources: ['*'], providers: [${good}]}]`), /not specific/],
    ['one resource in all groups', file(`[{resources: ['secrets.*'], providers: [${good}]}]`), /all groups/],
    ['capital letters', file(`[{resources: ['Secrets'], providers: [${good}]}]`), /capital/],
    ['events.k8s.io', file(`[{resources: ['events.events.k8s.io'], providers: [${good}]}]`), /write that/],
    [
      'kms',
      file('[{resources: [a], providers: [{kms: {apiVersion: v2, name: a, endpoint: "unix:///a"}}]}]'),
      /only its plugin/,
    ],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseEncryptionConfig(text, 'keys.yaml')).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(message) as string }),
    );
  });

  it('quotes no key of a file that cannot be read', () => {
    for (const text of [
      `resources: [${secret32}`,
      file(`[{resources: [a], providers: [{aesgcm: {keys: [{name: a, secret: "${secret32}x"}]}}]}]`),
    ]) {
      try {
        parseEncryptionConfig(text, 'keys.yaml');
        expect.unreachable();
      } catch (error) {
        expect(String((error as Error).stack) + String((error as Error).cause)).not.toContain(secret32.slice(0, 12));
      }
    }
  });
});
