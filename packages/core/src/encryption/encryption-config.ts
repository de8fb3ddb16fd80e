import { load } from 'js-yaml';
import { AppError } from '../errors/app-error.ts';
import type { TypeName } from '../object/resource-type.ts';
import { cipherKeyBytes, encryptionKey } from './encryption-key.ts';
import type { CipherName, EncryptionKey } from './encryption-key.ts';

/** How objects of some types are written: encrypted with a key, or in clear. */
export interface EncryptionRule {
  /** As in the file: `secrets`, `deployments.apps`, `*.apps`, `*.` (the core group), `*.*`. */
  readonly resources: readonly string[];
  /** Undefined where the first provider is `identity`. */
  readonly key: EncryptionKey | undefined;
}

/** What an EncryptionConfiguration means to a backup. */
export interface EncryptionConfig {
  readonly rules: readonly EncryptionRule[];
  /** Every key of the file, in its order: all of them read, whatever the type. */
  readonly keys: readonly EncryptionKey[];
}

const documentation = 'https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/';

/**
 * Reads a Kubernetes EncryptionConfiguration, in YAML or JSON, by the API server's own rules. `source` is what it is
 * called in messages.
 *
 * Throws USAGE for anything that an API server refuses, and for `kms`, whose keys only its plugin has. No message holds
 * a key.
 *
 * Source: https://github.com/kubernetes/apiserver/blob/v0.36.3/pkg/apis/apiserver/validation/validation_encryption.go
 */
export function parseEncryptionConfig(text: string, source: string): EncryptionConfig {
  let file: unknown;
  try {
    file = load(text);
  } catch {
    // The parser's own message quotes the text around the mistake, which may be a key.
    throw invalid(source, 'it is neither YAML nor JSON');
  }
  const { apiVersion, kind, resources } = members(file, source, 'the file');
  const names = `${String(apiVersion)} ${String(kind)}`;
  // The second is what the documentation of Kubernetes 1.7 said, and is still taken.
  if (names !== 'apiserver.config.k8s.io/v1 EncryptionConfiguration' && names !== 'v1 EncryptionConfig') {
    throw invalid(source, 'it is no EncryptionConfiguration of apiserver.config.k8s.io/v1');
  }
  const rules: EncryptionRule[] = [];
  const keys: EncryptionKey[] = [];
  for (const [i, entry] of items(resources, source, 'resources').entries()) {
    const where = `resources[${i}]`;
    const rule = members(entry, source, where);
    const selected = parseResources(rule['resources'], source, `${where}.resources`);
    const providers = items(rule['providers'], source, `${where}.providers`).map((provider, j) =>
      parseProvider(provider, source, `${where}.providers[${j}]`),
    );
    rules.push({ resources: selected, key: providers[0]![0] });
    keys.push(...providers.flat());
  }
  return { rules, keys };
}

/**
 * The key that objects of the type are encrypted with; undefined when they stay in clear. The rule that names the type
 * counts before one for its group, and that before `*.*`; of several alike the first.
 *
 * Source: https://github.com/kubernetes/apiserver/blob/v0.36.3/pkg/server/options/encryptionconfig/config.go (transformerFromOverrides)
 */
export function keyForType({ rules }: Pick<EncryptionConfig, 'rules'>, type: TypeName): EncryptionKey | undefined {
  const dot = type.indexOf('.');
  const group = dot === -1 ? '' : type.slice(dot + 1);
  for (const name of [type, `*.${group}`, '*.*']) {
    const rule = rules.find(({ resources }) => resources.includes(name));
    if (rule !== undefined) return rule.key;
  }
  return undefined;
}

/** Names that an API server refuses, and why. */
const refusedResources: readonly (readonly [name: RegExp, because: string])[] = [
  [/[A-Z]/, 'has capital letters'],
  [/^\*$/, "is not specific: write '*.' for the core group or '*.*' for all"],
  [/^(apiserveripinfo|serviceipallocations|servicenodeportallocations)$/, 'has no API'],
  [/\.events\.k8s\.io$/, "is stored as 'events': write that"],
  [/\.extensions$/, 'is of a group that was removed'],
  [/^[^*].*\.\*$/, 'names one resource in all groups, which is not supported'],
  [/^$|\s|\//, 'is no name of a resource'],
];

function parseResources(value: unknown, source: string, where: string): readonly string[] {
  const names = items(value, source, where).map((item) => {
    if (typeof item !== 'string') throw invalid(source, `${where} holds what is no text`);
    const refused = refusedResources.find(([name]) => name.test(item));
    if (refused !== undefined) throw invalid(source, `${JSON.stringify(item)} in ${where} ${refused[1]}`);
    return /^[^*].*\.$/.test(item) ? item.slice(0, -1) : item;
  });
  for (const [i, name] of names.entries()) {
    const rest = names.filter((_, j) => j !== i);
    const group = name.includes('.') ? name.slice(name.indexOf('.') + 1) : '';
    const masks = rest.find((other) => other === name || other === '*.*' || other === `*.${group}`);
    if (masks !== undefined) {
      throw invalid(source, `${JSON.stringify(name)} in ${where} is covered by ${JSON.stringify(masks)} beside it`);
    }
  }
  return names;
}

/** A provider's keys, the first of which writes; none for identity. */
function parseProvider(value: unknown, source: string, where: string): readonly EncryptionKey[] {
  const found = Object.entries(members(value, source, where));
  const [name, provider] = found[0] ?? [];
  if (found.length !== 1 || name === undefined) throw invalid(source, `${where} must name one provider`);
  if (name === 'identity') {
    members(provider, source, `${where}.identity`);
    return [];
  }
  if (name === 'kms') {
    throw new AppError('USAGE', `${source} encrypts with kms, whose keys only its plugin on a control plane has`, {
      hint: 'write a file of your own with aesgcm, aescbc or secretbox keys for backups, or use --age-recipient',
    });
  }
  if (!isCipher(name)) {
    throw invalid(source, `${where} names ${JSON.stringify(name)}, not aesgcm, aescbc, secretbox or identity`);
  }
  const keys = members(provider, source, `${where}.${name}`)['keys'];
  return items(keys, source, `${where}.${name}.keys`).map((key, i) =>
    parseKey(key, name, source, `${where}.${name}.keys[${i}]`),
  );
}

function parseKey(value: unknown, cipher: CipherName, source: string, where: string): EncryptionKey {
  const { name, secret } = members(value, source, where);
  if (typeof name !== 'string' || name === '') throw invalid(source, `${where} has no name`);
  if (typeof secret !== 'string' || secret === '') throw invalid(source, `${where} has no secret`);
  const compact = secret.replaceAll(/[\r\n]/g, '');
  const bytes = Buffer.from(compact, 'base64');
  if (bytes.toString('base64') !== compact) throw invalid(source, `the secret of ${where} is not base64`);
  const lengths: readonly number[] = cipherKeyBytes[cipher];
  if (!lengths.includes(bytes.length)) {
    throw invalid(source, `the secret of ${where} has ${bytes.length} bytes, not ${lengths.join(' or ')}`);
  }
  return encryptionKey(cipher, name, bytes);
}

function members(value: unknown, source: string, where: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid(source, `${where} is no mapping`);
}

function items(value: unknown, source: string, where: string): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value;
  throw invalid(source, `${where} is no list of at least one`);
}

function isCipher(name: string): name is CipherName {
  return Object.hasOwn(cipherKeyBytes, name);
}

function invalid(source: string, problem: string): AppError {
  return new AppError('USAGE', `${source} cannot be used to encrypt or decrypt: ${problem}`, {
    hint: `what such a file looks like: ${documentation}`,
    refs: [source],
  });
}
