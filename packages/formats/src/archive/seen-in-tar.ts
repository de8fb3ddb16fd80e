/** What came to light while a tarball was read. */
export interface SeenInTar {
  /** When the last file was put in; undefined where the tar does not say. */
  readonly newestMs: number | undefined;
  /** The uid of the namespace `kube-system`. */
  readonly clusterUid: string | undefined;
}
