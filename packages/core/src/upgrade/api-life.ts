import { AppError } from '../errors/app-error.ts';
import { lifeCycleTable } from './life-cycle-table.ts';

/** The life of one version of one built-in API; releases are minors of Kubernetes 1. */
export interface ApiLife {
  readonly kind: string;
  readonly apiVersion: string;
  /** Undefined: before 1.20, and the sources do not say when. */
  readonly introduced: number | undefined;
  /** Undefined: never, as far as is known. */
  readonly deprecated: number | undefined;
  /** The first release that does not serve it; undefined: none, as far as is known. */
  readonly removed: number | undefined;
  /** The apiVersion to use instead, of the same kind. */
  readonly replacement: string | undefined;
  /** Every apiVersion whose structs have all fields of this one's: there, only the apiVersion need change. */
  readonly fits: readonly string[];
}

/** Whether a release serves an API. Alphas, and betas that are new since 1.24, are served where somebody switched them on. */
export type Serving = 'served' | 'off-by-default' | 'not-yet' | 'removed';

const lives: ReadonlyMap<string, readonly ApiLife[]> = Map.groupBy(
  lifeCycleTable.trim().split('\n').map(parseLine),
  ({ kind }) => kind,
);

function parseLine(line: string): ApiLife {
  const [kind, apiVersion, introduced, deprecated, removed, replacement, ...fits] = line.split(' ');
  const minor = (cell: string | undefined): number | undefined => (cell === '-' ? undefined : Number(cell));
  return {
    kind: kind!,
    apiVersion: apiVersion!,
    introduced: minor(introduced),
    deprecated: minor(deprecated),
    removed: minor(removed),
    replacement: replacement === '-' ? undefined : replacement,
    fits,
  };
}

/** The life of a built-in API; undefined for custom and aggregated ones. */
export function apiLife(apiVersion: string, kind: string): ApiLife | undefined {
  return lives.get(kind)?.find((life) => life.apiVersion === apiVersion);
}

/**
 * The versions in which the objects of an API may live on, the best first: what replaces it, what replaces that, then
 * the other versions of its group, stable before beta before alpha.
 */
export function successorsOf(life: ApiLife): readonly ApiLife[] {
  const chain: ApiLife[] = [];
  for (let next = replacementOf(life); next !== undefined && !chain.includes(next); next = replacementOf(next)) {
    chain.unshift(next);
  }
  const siblings = (lives.get(life.kind) ?? [])
    .filter((other) => other !== life && !chain.includes(other) && groupOf(other) === groupOf(life))
    .sort((a, b) => stability(b) - stability(a) || (b.introduced ?? 0) - (a.introduced ?? 0));
  return [...chain, ...siblings];
}

function replacementOf({ replacement, kind }: ApiLife): ApiLife | undefined {
  return replacement === undefined ? undefined : apiLife(replacement, kind);
}

/**
 * Whether a release of Kubernetes 1 serves the API.
 *
 * Sources: https://kubernetes.io/docs/reference/using-api/deprecation-policy/ and, for betas,
 * https://github.com/kubernetes/enhancements/blob/master/keps/sig-architecture/3136-beta-apis-off-by-default/README.md
 */
export function servingAt(life: ApiLife, minor: number): Serving {
  if (life.removed !== undefined && life.removed <= minor) return 'removed';
  if (life.introduced !== undefined && life.introduced > minor) return 'not-yet';
  return isOnByDefault(life) ? 'served' : 'off-by-default';
}

function isOnByDefault(life: ApiLife): boolean {
  if (stability(life) !== 1) return stability(life) === 2;
  const firstBeta = (lives.get(life.kind) ?? [])
    .filter((other) => groupOf(other) === groupOf(life) && stability(other) === 1)
    .reduce((first, { introduced = 0 }) => Math.min(first, introduced), Infinity);
  return firstBeta < 24;
}

/** 2 for stable versions, 1 for betas, 0 for alphas. */
function stability({ apiVersion }: ApiLife): number {
  if (apiVersion.includes('alpha')) return 0;
  return apiVersion.includes('beta') ? 1 : 2;
}

function groupOf({ apiVersion }: ApiLife): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}

/** The minor of a Kubernetes 1 version as people and servers write it: `1.36`, `v1.30.14`, `v1.33.2-gke.100`. Throws USAGE. */
export function parseKubernetesMinor(version: string): number {
  const [, minor] = /^v?1\.(\d+)(?:$|[.+-])/.exec(version) ?? [];
  if (minor === undefined) {
    throw new AppError('USAGE', `'${version}' is no version of Kubernetes`, { hint: 'write it as 1.36' });
  }
  return Number(minor);
}
