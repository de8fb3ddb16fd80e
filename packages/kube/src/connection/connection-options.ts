import type { Clock } from '@infrabackup/core';

/**
 * How to reach a cluster: kubectl's own flags, and what the edge knows of the process. Everything that is absent comes
 * from the kubeconfig, or in a pod from the service account.
 *
 * Source: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_options/
 */
export interface ConnectionOptions {
  /** `--kubeconfig`: this file alone, which must exist; absent takes KUBECONFIG's list, then `~/.kube/config`. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly user?: string | undefined;
  readonly namespace?: string | undefined;
  readonly server?: string | undefined;
  readonly tlsServerName?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  /** A file, as the next two. */
  readonly certificateAuthority?: string | undefined;
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly token?: string | undefined;
  readonly as?: string | undefined;
  readonly asGroups?: readonly string[] | undefined;
  readonly asUid?: string | undefined;
  /** The whole of a request that is not a stream, and the longest silence of one that is; absent is 90 s, 0 has no limit. */
  readonly requestTimeoutMs?: number | undefined;

  /** The environment: KUBECONFIG, HOME, the proxies', KUBERNETES_SERVICE_HOST; credential plugins inherit all of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How credential plugins may talk to the user; absent is `none`. */
  readonly pluginTerminal?: PluginTerminal | undefined;
  /** Sent with each request, for the audit log; absent is `infrabackup`. */
  readonly userAgent?: string | undefined;
  readonly clock: Clock;
  /** `Math.random`, or less of it in tests: spreads the retries of many clients. */
  readonly random: () => number;
}

/**
 * What a credential plugin gets of our terminal: `interactive` stdin and stderr, so that it can ask; `stderr` that
 * alone; `none` nothing, and what it says goes into the error.
 */
export type PluginTerminal = 'interactive' | 'stderr' | 'none';
