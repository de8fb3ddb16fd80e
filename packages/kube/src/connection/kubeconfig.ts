import { readFile } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { AppError } from '@infrabackup/core';
import { CORE_SCHEMA, loadAll, mergeTag, YAMLException } from 'js-yaml';

/**
 * A kubeconfig's content, in its own spelling. Paths are absolute: they are meant relative to the file.
 *
 * Read by ourselves, because the KubeConfig of @kubernetes/client-node drops what kubectl honours (`as-groups`,
 * `as-uid`, `as-user-extra`, `tokenFile`), refuses the duplicates and missing files that kubectl's merge allows, and
 * costs a quarter of a second to import.
 *
 * Source: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
export interface Kubeconfig {
  /** The files that were read, in order of precedence. */
  readonly files: readonly string[];
  readonly currentContext: string | undefined;
  readonly contexts: ReadonlyMap<string, ContextEntry>;
  readonly clusters: ReadonlyMap<string, ClusterEntry>;
  readonly users: ReadonlyMap<string, UserEntry>;
}

/** Which cluster and user belong together. */
interface ContextEntry {
  readonly cluster?: string;
  readonly user?: string;
  readonly namespace?: string;
}

/** How to reach and trust an API server. */
export interface ClusterEntry {
  readonly server?: string;
  readonly 'tls-server-name'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
  readonly 'certificate-authority'?: string;
  /** Base64 of PEM. */
  readonly 'certificate-authority-data'?: string;
  readonly 'proxy-url'?: string;
  readonly extensions?: readonly { readonly name?: string; readonly extension?: unknown }[];
}

/** Who we are; several ways may be given, see `createCredential`. */
export interface UserEntry {
  readonly 'client-certificate'?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key'?: string;
  readonly 'client-key-data'?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly as?: string;
  readonly 'as-uid'?: string;
  readonly 'as-groups'?: readonly string[];
  readonly 'as-user-extra'?: Readonly<Record<string, readonly string[]>>;
  readonly exec?: ExecEntry;
  readonly 'auth-provider'?: AuthProviderEntry;
}

/** A credential plugin. */
export interface ExecEntry {
  readonly apiVersion?: string;
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly installHint?: string;
  readonly provideClusterInfo?: boolean;
  readonly interactiveMode?: string;
}

/** The old way of plugging in identity providers, of which kubectl still knows `oidc`. */
export interface AuthProviderEntry {
  readonly name?: string;
  readonly config?: Readonly<Record<string, string>>;
}

type Shape = 'text' | 'switch' | 'texts' | 'object' | 'list' | 'path';

/** Members and what they must be; others are not ours to judge. */
const clusterShapes: Record<keyof ClusterEntry, Shape> = {
  server: 'text',
  'tls-server-name': 'text',
  'insecure-skip-tls-verify': 'switch',
  'certificate-authority': 'path',
  'certificate-authority-data': 'text',
  'proxy-url': 'text',
  extensions: 'list',
};
const userShapes: Record<keyof UserEntry, Shape> = {
  'client-certificate': 'path',
  'client-certificate-data': 'text',
  'client-key': 'path',
  'client-key-data': 'text',
  token: 'text',
  tokenFile: 'path',
  username: 'text',
  password: 'text',
  as: 'text',
  'as-uid': 'text',
  'as-groups': 'texts',
  'as-user-extra': 'object',
  exec: 'object',
  'auth-provider': 'object',
};
const contextShapes: Record<keyof ContextEntry, Shape> = { cluster: 'text', user: 'text', namespace: 'text' };
const execShapes: Record<keyof ExecEntry, Shape> = {
  apiVersion: 'text',
  command: 'text',
  args: 'texts',
  env: 'list',
  installHint: 'text',
  provideClusterInfo: 'switch',
  interactiveMode: 'text',
};

/**
 * Reads and merges kubeconfig files by kubectl's rules: the first file that names a cluster, user, context or current
 * context wins, and a file that does not exist counts as empty.
 *
 * Throws `KUBECONFIG_INVALID`, naming the file and never quoting it.
 *
 * Source: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files
 */
export async function readKubeconfig(files: readonly string[]): Promise<Kubeconfig> {
  const found: Kubeconfig[] = [];
  for (const file of new Set(files)) {
    const text = await readIfExists(file);
    if (text !== undefined) found.push(parseKubeconfig(text, file));
  }
  const firstWins = <Entry>(pick: (config: Kubeconfig) => ReadonlyMap<string, Entry>) =>
    new Map(found.toReversed().flatMap((config) => [...pick(config)]));
  return {
    files: found.flatMap((config) => config.files),
    currentContext: found.find((config) => config.currentContext !== undefined)?.currentContext,
    contexts: firstWins((config) => config.contexts),
    clusters: firstWins((config) => config.clusters),
    users: firstWins((config) => config.users),
  };
}

async function readIfExists(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new AppError('KUBECONFIG_INVALID', `kubeconfig ${file} could not be read: ${code ?? String(error)}`, {
      refs: [file],
      cause: error,
    });
  }
}

/** The content of one file. Throws `KUBECONFIG_INVALID`. */
export function parseKubeconfig(text: string, file: string): Kubeconfig {
  const refuse = (what: string): never => {
    throw new AppError('KUBECONFIG_INVALID', `kubeconfig ${file}: ${what}`, { refs: [file] });
  };
  const content = parseYaml(text, refuse) ?? {};
  const root = isObject(content) ? content : refuse('is not a mapping');

  function readEntries<Entry>(list: string, member: string, shapes: Record<string, Shape>): Map<string, Entry> {
    const entries = new Map<string, Entry>();
    const rows = root[list] ?? [];
    if (!Array.isArray(rows)) return refuse(`${list} is not a list`);
    for (const [index, row] of (rows as unknown[]).entries()) {
      const where = `${list}[${index}]`;
      if (!isObject(row) || typeof row['name'] !== 'string') return refuse(`${where} has no name`);
      if (entries.has(row['name'])) return refuse(`${list} has two entries named ${row['name']}`);
      entries.set(row['name'], readMembers(row[member] ?? {}, `${where}.${member}`, shapes) as Entry);
    }
    return entries;
  }

  function readMembers(value: unknown, where: string, shapes: Record<string, Shape>): Record<string, unknown> {
    if (!isObject(value)) return refuse(`${where} is not a mapping`);
    const members: Record<string, unknown> = {};
    for (const [name, shape] of Object.entries(shapes)) {
      const member = value[name];
      if (member === undefined || member === null || member === '') continue;
      if (!fits(member, shape)) refuse(`${where}.${name} is not ${shapeNames[shape]}`);
      members[name] = shape === 'path' ? resolve(dirname(file), member as string) : member;
    }
    return members;
  }

  const users = readEntries<UserEntry>('users', 'user', userShapes);
  for (const [name, user] of users) {
    if (user.exec === undefined) continue;
    const exec: ExecEntry = readMembers(user.exec, `the exec entry of user ${name}`, execShapes);
    users.set(name, { ...user, exec: { ...exec, ...commandPath(exec.command, file) } });
  }
  const currentContext = root['current-context'];
  if (currentContext !== undefined && currentContext !== null && typeof currentContext !== 'string')
    return refuse('current-context is not a string');
  return {
    files: [file],
    currentContext: currentContext || undefined,
    contexts: readEntries('contexts', 'context', contextShapes),
    clusters: readEntries('clusters', 'cluster', clusterShapes),
    users,
  };
}

/** A command with a slash is meant relative to the file; one without is looked up on the PATH. */
function commandPath(command: string | undefined, file: string): { command?: string } {
  if (command === undefined) return {};
  return { command: command.includes(sep) ? resolve(dirname(file), command) : command };
}

const schema = CORE_SCHEMA.withTags(mergeTag);

/** The document in the text; undefined when there is none. */
function parseYaml(text: string, refuse: (what: string) => never): unknown {
  try {
    const documents = loadAll(text, { schema });
    return documents.length > 1 ? refuse('has more than one document') : documents[0];
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    // The exception's message quotes the lines around the fault, and its reason a word of them: either may be a secret.
    const reason = error.reason.replace(/\s*["'`<!*&].*$/s, '');
    return refuse(`is not YAML: ${reason}${error.mark === undefined ? '' : ` at line ${error.mark.line + 1}`}`);
  }
}

const shapeNames: Record<Shape, string> = {
  text: 'a string',
  path: 'a string',
  switch: 'true or false',
  texts: 'a list of strings',
  object: 'a mapping',
  list: 'a list',
};

function fits(value: unknown, shape: Shape): boolean {
  switch (shape) {
    case 'text':
    case 'path':
      return typeof value === 'string';
    case 'switch':
      return typeof value === 'boolean';
    case 'texts':
      return Array.isArray(value) && value.every((item) => typeof item === 'string');
    case 'list':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
