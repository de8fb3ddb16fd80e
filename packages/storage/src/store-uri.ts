import { AppError } from '@infrabackup/core';

/** The text that names a location, taken apart. */
export interface StoreUri {
  /** Lower case; absent for a path. */
  readonly scheme?: string;
  /** What stands between the scheme's colon and the query; for a path the whole text. */
  readonly address: string;
  /** The query. */
  readonly options: Readonly<Record<string, string>>;
}

/** Two letters at least: one letter and a colon is a Windows drive. */
const withScheme = /^([a-z][a-z0-9+.-]+):([^?#]*)(?:\?([^#]*))?$/is;

/**
 * Takes the name of a location apart.
 *
 * Throws USAGE when it carries a credential: such a text ends up in shell histories, process lists and logs.
 */
export function parseStoreUri(text: string): StoreUri {
  const [, scheme, address, query] = withScheme.exec(text) ?? [];
  if (scheme === undefined || address === undefined) return { address: text, options: {} };
  const options = Object.fromEntries(new URLSearchParams(query));
  refuseCredentials(scheme, address, options);
  return { scheme: scheme.toLowerCase(), address, options };
}

/** The text that {@link parseStoreUri} takes apart, its options sorted by name. */
export function formatStoreUri(scheme: string, address: string, options: Readonly<Record<string, string>>): string {
  const query = Object.entries(options)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    // Slashes and colons may stand in a query, and are in most values: https://www.rfc-editor.org/rfc/rfc3986#section-3.4
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll('%2F', '/').replaceAll('%3A', ':')}`);
  return `${scheme}:${address}${query.length === 0 ? '' : `?${query.join('&')}`}`;
}

/** Names of options that hold the secret itself; `...File` and `...Ref` only say where it lies. */
const secretOption =
  /(secret|passw(or)?d|passphrase|token|credential|signature|private.?key|access.?key|account.?key|api.?key|^sig$|^sas)(?!.*(file|ref)$)/i;

/** Throws USAGE when the name of an option says that its value is a secret. The value is in no message. */
export function refuseSecretOptions(options: Readonly<Record<string, string>>): void {
  const name = Object.keys(options).find((option) => secretOption.test(option));
  if (name === undefined) return;
  throw new AppError('USAGE', `the option ${name} of the location looks like a credential; it was not used or kept`, {
    hint: credentialHint,
  });
}

function refuseCredentials(scheme: string, address: string, options: Readonly<Record<string, string>>): void {
  const userInfo = /^\/\/([^/]*)@/.exec(address)?.[1];
  // A bare user name is how ssh is addressed: git+ssh://git@host/path.
  if (userInfo !== undefined && (userInfo.includes(':') || !scheme.toLowerCase().endsWith('ssh'))) {
    throw new AppError('USAGE', `the ${scheme}:// location carries a user name or password; it was not used or kept`, {
      hint: credentialHint,
    });
  }
  refuseSecretOptions(options);
}

const credentialHint =
  "leave it out: credentials come from the cloud's own files and environment variables; if it was real, change it now";
