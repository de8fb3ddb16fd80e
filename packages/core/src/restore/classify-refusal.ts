import type { Refusal } from '../cluster/writer.ts';
import type { TypeName } from '../object/resource-type.ts';
import type { ConflictReason } from './reason.ts';
import { replacementOf } from './replaceable.ts';

/** What a refusal of the server means for a restore. */
export type RefusalMeaning =
  /** The object cannot be written, for a reason that asking again does not change. */
  | { readonly kind: 'conflict'; readonly reason: ConflictReason }
  /** The cluster is not what the request was made for: look again. */
  | { readonly kind: 'moved' }
  /** It may pass within seconds. */
  | { readonly kind: 'passing'; readonly reason: ConflictReason }
  /** Only the dry run is refused: a webhook says that it has side effects. */
  | { readonly kind: 'no-dry-run' }
  /** The type is not served in that version. */
  | { readonly kind: 'not-served' };

interface Row {
  readonly when: (refusal: Refusal) => boolean;
  readonly means: (refusal: Refusal, type: TypeName) => RefusalMeaning;
  readonly source: string;
}

const quotaSource =
  'https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go';
const webhookSource =
  'https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/errors/statuserror.go';

/**
 * The one table of the server's refusals; the first row that fits counts.
 *
 * Where only the message tells, the words are those of 1.30 to 1.36, and the tests ask real servers for them.
 */
const rows: readonly Row[] = [
  {
    when: ({ reason }) => reason === 'NotServed',
    means: () => ({ kind: 'not-served' }),
    source: 'https://kubernetes.io/docs/reference/using-api/api-concepts/',
  },
  {
    when: ({ reason, message }) => reason === 'AlreadyExists' && message.startsWith('object is being deleted'),
    means: () => conflict({ kind: 'terminating', finalizers: [] }),
    source: 'https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/',
  },
  {
    when: ({ reason }) => reason === 'AlreadyExists' || reason === 'Conflict',
    means: () => ({ kind: 'moved' }),
    source: 'https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions',
  },
  {
    when: (refusal) => refusal.causes.some(({ reason }) => reason === 'NamespaceTerminating'),
    means: ({ message }) =>
      conflict({ kind: 'namespace-terminating', namespace: found(message, /in namespace (\S+) because/) }),
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#namespacelifecycle',
  },
  {
    when: ({ reason, message }) => reason === 'NotFound' && /^namespaces "/.test(message),
    means: ({ message }) => conflict({ kind: 'namespace-missing', namespace: found(message, /^namespaces "([^"]+)"/) }),
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#namespacelifecycle',
  },
  {
    when: ({ reason }) => reason === 'NotFound',
    means: () => ({ kind: 'moved' }),
    source: 'https://kubernetes.io/docs/reference/using-api/api-concepts/',
  },
  {
    when: ({ httpStatus, message }) => httpStatus === 403 && message.includes('status unknown for quota'),
    means: ({ message }) => {
      const quota = found(message, /status unknown for quota: ([^,]+)/);
      return { kind: 'passing', reason: { kind: 'quota', quota, message } };
    },
    source: quotaSource,
  },
  {
    when: ({ httpStatus, message }) => httpStatus === 403 && /(exceeded|failed) quota: /.test(message),
    means: ({ message }) =>
      conflict({ kind: 'quota', quota: found(message, /(?:exceeded|failed) quota: ([^,:]+)/), message }),
    source: quotaSource,
  },
  {
    when: ({ httpStatus, message }) =>
      httpStatus === 403 &&
      /is attempting to grant RBAC permissions not currently held|cannot (escalate|bind) /.test(message),
    means: ({ message }) => conflict({ kind: 'escalation', message }),
    source:
      'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping',
  },
  {
    when: ({ message }) => /admission webhook "[^"]+" does not support dry run/.test(message),
    means: () => ({ kind: 'no-dry-run' }),
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#side-effects',
  },
  {
    when: ({ message }) => /admission webhook "[^"]+" denied the request/.test(message),
    means: ({ message }) =>
      conflict({ kind: 'webhook-denied', webhook: found(message, /admission webhook "([^"]+)"/), message }),
    source: webhookSource,
  },
  {
    when: ({ message }) => /conversion webhook for .* failed/.test(message),
    means: ({ message }) => ({ kind: 'passing', reason: { kind: 'conversion-away', message } }),
    source:
      'https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#webhook-conversion',
  },
  {
    when: ({ message }) => /failed calling webhook "[^"]+"/.test(message),
    means: ({ message }) => {
      const webhook = found(message, /failed calling webhook "([^"]+)"/);
      return { kind: 'passing', reason: { kind: 'webhook-away', webhook, message } };
    },
    source: webhookSource,
  },
  {
    when: ({ message }) => /MutatingAdmissionPolicy '|ValidatingAdmissionPolicy '/.test(message),
    means: ({ message }) =>
      conflict({ kind: 'admission-denied', policy: found(message, /AdmissionPolicy '([^']+)'/), message }),
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/',
  },
  {
    when: ({ httpStatus, message }) => httpStatus === 403 && / cannot \w+ resource "/.test(message),
    means: (refusal) => conflict({ kind: 'forbidden', right: undefined, message: refusal.message }),
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/authorization/',
  },
  {
    when: ({ httpStatus }) => httpStatus === 403,
    means: ({ message }) => conflict({ kind: 'admission-denied', policy: undefined, message }),
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/',
  },
  {
    when: (refusal) => refusal.causes.some(isAddressTaken),
    means: ({ causes, message }) =>
      conflict({ kind: 'address-taken', fields: causes.filter(isAddressTaken).map(({ field }) => field), message }),
    source: 'https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/',
  },
  {
    when: (refusal) => refusal.reason === 'Invalid' && refusal.causes.some(isImmutable),
    means: ({ causes }, type) => {
      const { allowed, reason: effect } = replacementOf(type);
      const fields = [...new Set(causes.filter(isImmutable).map(({ field }) => field))];
      return conflict({ kind: 'immutable', fields, replace: { allowed, effect } });
    },
    source: 'https://github.com/kubernetes/apimachinery/blob/v0.36.3/pkg/api/validation/objectmeta.go',
  },
  {
    when: ({ httpStatus }) => httpStatus === 413,
    means: ({ message }) => conflict({ kind: 'too-large', message }),
    source: 'https://kubernetes.io/docs/reference/using-api/api-concepts/',
  },
  {
    when: ({ httpStatus }) => httpStatus === 429 || httpStatus >= 500,
    means: ({ message }) => ({ kind: 'passing', reason: { kind: 'server-error', message } }),
    source: 'https://kubernetes.io/docs/concepts/cluster-administration/flow-control/',
  },
];

/** What the refusal of a write of that type means. What no row knows is an invalid object. */
export function classifyRefusal(refusal: Refusal, type: TypeName): RefusalMeaning {
  const row = rows.find(({ when }) => when(refusal));
  if (row !== undefined) return row.means(withoutValues(refusal, type), type);
  const fields = [...new Set(refusal.causes.map(({ field }) => field).filter((field) => field !== ''))];
  return conflict({ kind: 'invalid', fields, message: withoutValues(refusal, type).message });
}

/** The server quotes the values that it refuses: those of Secrets are not passed on. */
function withoutValues(refusal: Refusal, type: TypeName): Refusal {
  if (type !== 'secrets') return refusal;
  const cut = (message: string): string => message.replace(/(Invalid|Unsupported|Duplicate) value: .*$/s, '$1 value');
  return {
    ...refusal,
    message: cut(refusal.message),
    causes: refusal.causes.map((cause) => ({ ...cause, message: cut(cause.message) })),
  };
}

function conflict(reason: ConflictReason): RefusalMeaning {
  return { kind: 'conflict', reason };
}

function isAddressTaken({ field, message }: Refusal['causes'][number]): boolean {
  return (
    /^spec\.(clusterIPs?(\[\d+\])?|ports\[\d+\]\.nodePort|healthCheckNodePort|loadBalancerIP)$/.test(field) &&
    /already allocated|not in the valid range|does not match the current range|port is already allocated/.test(message)
  );
}

/** The built-in types say it in words of their own; definitions with a rule `self == oldSelf` mostly say "immutable". */
function isImmutable({ message }: Refusal['causes'][number]): boolean {
  return /immutable|cannot change roleRef|may not change|updates to .* fields other than|cannot be changed|can not be changed|must not be changed/i.test(
    message,
  );
}

function found(message: string, pattern: RegExp): string {
  return pattern.exec(message)?.[1]?.trim() ?? '';
}
