import type { OwnerDropReason, PlanNote, UnvalidatedReason } from './plan-note.ts';

/** What a person should know of a planned object beside its verdict, in one line. */
export function describeNote(note: PlanNote): string {
  switch (note.kind) {
    case 'owner-dropped':
      return `its owner ${note.owner} ${dropped[note.reason]}: the reference is left out, or it would be deleted`;
    case 'owner-adopts':
      return `its owner ${note.owner} takes it on by its labels`;
    case 'was-terminating':
      return 'it was being deleted when the backup was taken; it is restored as one that stays';
    case 'address-reassigned':
      return `the server gives ${note.fields.join(', ')} anew`;
    case 'volume-unbound':
      return `its volume ${note.volume} will not exist: an empty one is provisioned`;
    case 'versions-kept':
      return `versions that the backup does not know stay: ${note.versions.join(', ')}`;
    case 'replicas-live':
      return `spec.replicas stays at ${note.replicas}, where its autoscaler has it`;
    case 'version-changed':
      return `it is written as ${note.to}: the cluster does not serve ${note.from}`;
    case 'unvalidated':
      return `not tried on the server: ${untried[note.reason]}`;
    case 'server-warning':
      return `the server remarks: ${note.message}`;
    case 'managed':
      return `${note.by} writes it too and may take this back${note.suspend === undefined ? '' : `; to stop that: ${note.suspend}`}`;
    case 'status-left':
      return `its status stays: ${note.reason}`;
    case 'modified':
      return `changed by rule ${note.rule} of the modifiers`;
  }
}

const dropped: Record<OwnerDropReason, string> = {
  'not-found': 'is not there',
  'not-restored': 'is not restored',
  'other-scope': 'is in another namespace',
  loop: 'depends on it in turn',
};

const untried: Record<UnvalidatedReason, string> = {
  'namespace-missing': 'its namespace does not exist yet',
  'definition-missing': 'its definition does not exist yet',
  'definition-changes': 'its definition is restored first',
  'webhook-side-effects': 'a webhook that would be asked has side effects',
};
