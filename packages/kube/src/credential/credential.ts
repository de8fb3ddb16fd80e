/** What a request proves its sender with. */
export interface Credential {
  /** The Authorization header. */
  readonly authorization?: string;
  readonly certificate?: ClientCertificate;
}

/** A client certificate and its key, as PEM. */
export interface ClientCertificate {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** Where credentials come from. Concurrent calls share one look-up. */
export interface CredentialSource {
  /** The credential that is valid now. Throws `CREDENTIAL_FAILED` or `KUBECONFIG_INVALID`. */
  current(signal: AbortSignal | undefined): Promise<Credential>;
  /** After a 401 to `refused`: whether {@link current} now gives another one. */
  renew(refused: Credential, signal: AbortSignal | undefined): Promise<boolean>;
}

/** A credential that never changes. */
export function fixedCredential(credential: Credential): CredentialSource {
  return { current: () => Promise.resolve(credential), renew: () => Promise.resolve(false) };
}
