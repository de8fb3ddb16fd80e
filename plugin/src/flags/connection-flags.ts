import { underHeading } from './flag.ts';

/**
 * kubectl's own flags for reaching a cluster, by the same names and with the same meaning.
 *
 * Source: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_options/
 */
export const connectionFlags = underHeading('Cluster flags:', {
  kubeconfig: {
    kind: 'string',
    describe: 'The kubeconfig file; else $KUBECONFIG (a list), else ~/.kube/config',
    completes: 'file',
  },
  context: { kind: 'string', describe: 'The kubeconfig context to use' },
  cluster: { kind: 'string', describe: 'The kubeconfig cluster to use' },
  user: { kind: 'string', describe: 'The kubeconfig user to use' },
  as: { kind: 'string', describe: 'The user, or service account, to impersonate' },
  'as-group': { kind: 'repeated', describe: 'A group to impersonate; several flags for several groups' },
  'as-uid': { kind: 'string', describe: 'The uid to impersonate' },
  server: { kind: 'string', short: 's', describe: "The API server's URL" },
  token: { kind: 'string', describe: 'The bearer token for the API server' },
  'certificate-authority': {
    kind: 'string',
    describe: "The file with the API server's CA certificate",
    completes: 'file',
  },
  'client-certificate': { kind: 'string', describe: 'The file with the client certificate', completes: 'file' },
  'client-key': { kind: 'string', describe: 'The file with the key of the client certificate', completes: 'file' },
  'tls-server-name': {
    kind: 'string',
    describe: "The name that the API server's certificate must have; else its host name",
  },
  'insecure-skip-tls-verify': {
    kind: 'boolean',
    describe: "Do not check the API server's certificate: anybody may be listening",
  },
  'request-timeout': {
    kind: 'timeout',
    describe: 'How long one request may take, e.g. 30s or 2m; 0 means as long as it likes',
  },
});

/** Flags that every verb takes. */
export const globalFlags = underHeading('Flags of every verb:', {
  v: { kind: 'integer', short: 'v', describe: 'How much to tell: from 4 on errors say what caused them' },
  help: { kind: 'boolean', short: 'h', describe: 'Show this help' },
});
