import { spawn } from 'node:child_process';
import { AppError, type Clock } from '@infrabackup/core';
import type { PluginTerminal } from '../connection/connection-options.ts';
import type { ExecEntry } from '../connection/kubeconfig.ts';
import type { Credential, CredentialSource } from './credential.ts';
import { sharedRun } from './shared-run.ts';

/** What running a credential plugin takes. */
export interface ExecRequest {
  readonly exec: ExecEntry;
  readonly userName: string;
  /** What the plugin is told of the cluster when it asks for it. */
  readonly cluster: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly terminal: PluginTerminal;
  /** The kubeconfig files, for errors. */
  readonly files: readonly string[];
  readonly clock: Clock;
}

const group = 'client.authentication.k8s.io';
const apiVersions = [`${group}/v1`, `${group}/v1beta1`];
const interactiveModes = ['Never', 'IfAvailable', 'Always'];

/**
 * The credential that a plugin hands out, kept until it expires or is refused.
 *
 * Throws `KUBECONFIG_INVALID` at once for an entry that cannot be run; later `CREDENTIAL_FAILED`.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export function execCredential(request: ExecRequest): CredentialSource {
  const { exec, clock } = request;
  const refuse = (what: string): never => {
    const message = `the credential plugin of user ${request.userName} ${what}`;
    throw new AppError('KUBECONFIG_INVALID', message, { refs: request.files });
  };
  if (exec.command === undefined) refuse('has no command');
  if (!apiVersions.includes(exec.apiVersion ?? '')) {
    refuse(`speaks ${exec.apiVersion ?? 'no apiVersion'}; known are ${apiVersions.join(' and ')}`);
  }
  if (!interactiveModes.includes(exec.interactiveMode ?? 'IfAvailable')) {
    refuse(`has the interactiveMode ${exec.interactiveMode!}; known are ${interactiveModes.join(', ')}`);
  }
  if (exec.interactiveMode === 'Always' && request.terminal !== 'interactive') {
    refuse('always asks on a terminal, and there is none');
  }

  let known: Issued | undefined;
  const run = sharedRun(async (signal) => {
    const issued = readExecCredential(await runPlugin(request, signal), request);
    known =
      known === undefined ? issued : { ...issued, credential: keepCertificate(known.credential, issued.credential) };
    return known.credential;
  });
  return {
    current: async (signal) =>
      known !== undefined && clock.now() < known.expiresAtMs ? known.credential : run(signal),
    renew: async (refused, signal) => {
      if (known !== undefined && known.credential !== refused) return true;
      const { authorization, certificate } = await run(signal);
      return authorization !== refused.authorization || certificate !== refused.certificate;
    },
  };
}

interface Issued {
  readonly credential: Credential;
  /** Infinity when the plugin names no end. */
  readonly expiresAtMs: number;
}

/** The old certificate where the new one equals it, so that connections made with it go on. */
function keepCertificate(old: Credential, issued: Credential): Credential {
  const same = old.certificate?.cert === issued.certificate?.cert && old.certificate?.key === issued.certificate?.key;
  return same && old.certificate !== undefined ? { ...issued, certificate: old.certificate } : issued;
}

function runPlugin(request: ExecRequest, signal: AbortSignal): Promise<string> {
  const { exec, terminal } = request;
  const command = exec.command!;
  const interactive = terminal === 'interactive' && exec.interactiveMode !== 'Never';
  const fail = (what: string, hint?: string, cause?: unknown): AppError =>
    new AppError('CREDENTIAL_FAILED', `the credential plugin ${command} of user ${request.userName} ${what}`, {
      hint,
      refs: request.files,
      cause,
    });
  return new Promise((resolve, reject) => {
    const child = spawn(command, exec.args ?? [], {
      env: {
        ...request.env,
        ...Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value])),
        KUBERNETES_EXEC_INFO: JSON.stringify(execInfo(request, interactive)),
      },
      stdio: [interactive ? 'inherit' : 'ignore', 'pipe', terminal === 'none' ? 'pipe' : 'inherit'],
      signal,
    });
    let stdout = '';
    let stderr = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-stderrLimit)));
    child.on('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT';
      reject(
        missing
          ? fail('is not installed', exec.installHint && plain(exec.installHint))
          : fail(`could not be run: ${error.code ?? error.message}`, undefined, error),
      );
    });
    child.on('close', (exitCode, killedBy) => {
      if (exitCode === 0) resolve(stdout);
      else {
        const said = plain(stderr).trim();
        reject(fail(`ended with ${exitCode === null ? killedBy : `exit code ${exitCode}`}${said && `: ${said}`}`));
      }
    });
  });
}

/** Enough for the last words of a plugin. */
const stderrLimit = 2_000;

/** Text of others on its way to a terminal: without escape sequences, control characters and what looks like a token. */
function plain(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex
      .replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, '')
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
      .replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '(token)')
  );
}

/** Source: https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
function execInfo(request: ExecRequest, interactive: boolean): unknown {
  return {
    kind: 'ExecCredential',
    apiVersion: request.exec.apiVersion,
    spec: { ...(request.exec.provideClusterInfo === true && { cluster: request.cluster }), interactive },
  };
}

interface ExecCredential {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly status?: {
    readonly token?: string;
    readonly clientCertificateData?: string;
    readonly clientKeyData?: string;
    readonly expirationTimestamp?: string;
  };
}

function readExecCredential(stdout: string, { exec, userName, files }: ExecRequest): Issued {
  // What the plugin printed is never quoted: it is a credential.
  const refuse = (what: string): never => {
    const message = `the credential plugin ${exec.command!} of user ${userName} ${what}`;
    throw new AppError('CREDENTIAL_FAILED', message, { refs: files });
  };
  let answer: ExecCredential | null = null;
  try {
    answer = JSON.parse(stdout) as ExecCredential | null;
  } catch {
    refuse('printed no JSON');
  }
  if (answer?.kind !== 'ExecCredential') return refuse('printed no ExecCredential');
  if (answer.apiVersion !== exec.apiVersion) {
    refuse(`answers in ${String(answer.apiVersion)}, and the kubeconfig says ${exec.apiVersion!}`);
  }
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = answer.status ?? {};
  if (!token && !cert && !key) refuse('gave neither a token nor a certificate');
  if (!cert !== !key) refuse(`gave a ${cert ? 'certificate without its key' : 'key without its certificate'}`);
  const expiresAtMs = expirationTimestamp ? Date.parse(expirationTimestamp) : Infinity;
  if (Number.isNaN(expiresAtMs)) refuse('gave an expirationTimestamp that is no time');
  return {
    credential: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(cert && key && { certificate: { cert, key } }),
    },
    expiresAtMs,
  };
}
