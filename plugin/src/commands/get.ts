import { lockedError, parseLabelSelector, typeName } from '@infrabackup/core';
import { contextNamespace } from '../context-namespace.ts';
import { findBackup, openFound } from '../find-backup.ts';
import { connectionFlags } from '../flags/connection-flags.ts';
import { keyFlags } from '../flags/encryption-flags.ts';
import { fromFlag, fromSuffix } from '../flags/location-flags.ts';
import { noHeadersFlag, outputFlag } from '../flags/output-flags.ts';
import { parseObjectRequest } from '../objects/object-query.ts';
import { objectsNotFound } from '../objects/read-objects.ts';
import { showManifests, showNames, showTables } from '../objects/show-objects.ts';
import { someOf } from '../render/backup-notes.ts';
import { describeKey } from '../render/encryption-notes.ts';
import { defineVerb } from '../verb.ts';

/** `get`: kubectl get, in the past. */
export const get = defineVerb({
  usage: 'get BACKUP (TYPE[,TYPE...] [NAME...] | TYPE/NAME...)',
  arity: [2, Infinity],
  completes: ['backup', 'type', 'object'],
  flags: {
    ...fromFlag,
    namespace: {
      kind: 'string',
      short: 'n',
      describe: "The namespace; when left out that of the kubeconfig's context, as for kubectl",
      completes: 'namespace',
    },
    'all-namespaces': { kind: 'boolean', short: 'A', describe: 'Objects of all namespaces' },
    selector: {
      kind: 'string',
      short: 'l',
      describe: 'Only objects whose labels match: app=web, tier in (front,back)',
    },
    output: outputFlag(['table', 'wide', 'yaml', 'json', 'name']),
    'no-headers': noHeadersFlag,
    'show-secrets': { kind: 'boolean', describe: 'Show the values of Secrets, which are masked otherwise' },
    'show-managed-fields': { kind: 'boolean', describe: 'Keep metadata.managedFields in yaml and json' },
    ...keyFlags,
    kubeconfig: connectionFlags.kubeconfig,
    context: connectionFlags.context,
  },
  description: `Shows objects as they were when the backup was made, the way 'kubectl get' shows live ones. TYPE is whatever kubectl takes: deployments, deployment, deploy, Deployment, deployments.apps, or a category; 'all' is every type of the backup. Ages are those of that time. Custom resources have the columns that their definition gave them then.

BACKUP is a name, or the path of a backup folder or tarball. Only what is asked for is read, not the whole archive. Of encrypted objects the names are shown without a key.`,
  examples: [
    ['kubectl infrabackup get nightly deploy -n shop', 'The Deployments of a namespace'],
    ['kubectl infrabackup get nightly all -A', 'Everything'],
    ['kubectl infrabackup get nightly deploy/web -n shop -o yaml', 'One object, whole'],
    ['kubectl infrabackup get nightly cm,secret -A -l app=web -o name', 'Names only'],
    ['kubectl infrabackup get ./nightly.tar.gz nodes -o wide', 'Out of a tarball'],
  ],
  outcomes: ['not-found', 'location', 'damaged', 'key'],
  run: async ({ positionals: [named = '', ...words], flags }, shell) => {
    const labels = parseLabelSelector(flags.selector ?? '');
    const backup = await openFound(await findBackup(named, flags.from, shell), flags, shell);
    const request = parseObjectRequest(words, backup.header.types, backup.header.name);
    const namespace =
      flags['all-namespaces'] === true ? undefined : (flags.namespace ?? (await contextNamespace(flags, shell)));
    const view = {
      ...request,
      scope: { namespace, labels },
      backup,
      showSecrets: flags['show-secrets'] ?? false,
      showManagedFields: flags['show-managed-fields'] ?? false,
      isWide: flags.output === 'wide',
      noHeaders: flags['no-headers'] ?? false,
    };
    const { missing, shown, locked } =
      flags.output === 'json' || flags.output === 'yaml'
        ? await showManifests(view, flags.output, shell)
        : await (flags.output === 'name' ? showNames : showTables)(view, shell);
    if (missing.length > 0) throw objectsNotFound(missing, view.scope, `${named}${fromSuffix(flags.from)}`);
    const [sealed] = locked;
    if (sealed !== undefined) {
      const types = someOf(locked.map(({ type }) => typeName(type)));
      const isComplete = labels.length === 0 && flags.output !== 'json' && flags.output !== 'yaml';
      if (!isComplete) throw lockedError(types, sealed.by);
      await shell.err.write(`Encrypted, and shown by name only without ${describeKey(sealed.by)}: ${types}\n`);
    }
    if (shown === 0 && flags.output !== 'json' && flags.output !== 'yaml') {
      const where = request.queries.some(({ type }) => type.namespaced) ? namespace : undefined;
      await shell.err.write(
        where === undefined
          ? 'No resources found\n'
          : `No resources found in ${where} namespace; -A looks in all namespaces.\n`,
      );
    }
    return 'done';
  },
});
