import { formatRight } from '../cluster/rights.ts';
import type { PlanWarning } from './restore-plan.ts';

/** What a person should know of a plan before it is carried out, in one line. */
export function describePlanWarning(warning: PlanWarning): string {
  switch (warning.kind) {
    case 'webhook-away': {
      const { configuration, webhook, service, writes, failurePolicy } = warning;
      const effect = failurePolicy === 'Fail' ? 'they will fail' : 'they pass without it';
      return `webhook ${webhook} of ${configuration} is asked about ${writes} writes and its back end ${service} is away: ${effect}`;
    }
    case 'deprecated': {
      const { finding } = warning;
      const until = finding.reason === 'deprecated' && finding.removal !== undefined ? finding.removal : undefined;
      return `${finding.kind} ${finding.apiVersion} is deprecated${until === undefined ? '' : ` and not served from ${until} on`}`;
    }
    case 'undiscovered':
      return `the cluster could not say what it serves of ${warning.groupVersion}: ${warning.message}`;
    case 'unlisted': {
      const where = warning.namespace === undefined ? '' : ` in ${warning.namespace}`;
      return `${warning.type}${where} cannot be listed, so what is live of it is not known: ${warning.message}`;
    }
    case 'backup-partial':
      return `the backup lacks some ${warning.type}, so none that it does not have counts as extra: ${warning.message}`;
    case 'lesser-rights': {
      const rights = warning.rights.map(formatRight).join(', ');
      return `without the right to ${rights} ${warning.loses === 'status' ? 'no status' : 'no field ownership'} is restored`;
    }
  }
}
