/** An EncryptionConfiguration, as an API server and Rancher's operator take it, that encrypts these types with one key. */
export function encryptionConfiguration(...resources: readonly string[]): string {
  const keys = [{ name: 'key1', secret: Buffer.alloc(32, 'peers').toString('base64') }];
  return JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources, providers: [{ aesgcm: { keys } }, { identity: {} }] }],
  });
}
