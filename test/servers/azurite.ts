import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ContainerClient, ContainerSASPermissions, StorageSharedKeyCredential } from '@azure/storage-blob';
import { readFile } from 'node:fs/promises';
import { provisionNpmPackage } from './provision-folder.ts';
import { makeServerCertificate, startServer } from './server-process.ts';

/** The newest release whose dependencies can all be had. */
const version = '3.36.0';

/** An Azure Blob Storage with one container, over TLS. */
export interface AzureServer {
  /** The account's key, as the tools of Azure take it from the environment. */
  readonly env: { readonly AZURE_STORAGE_KEY: string };
  /** A shared access signature to the same end, which holds whatever becomes of a request on its way. */
  readonly signatureEnv: { readonly AZURE_STORAGE_SAS_TOKEN: string };
  /** One that allows to read and to list. */
  readonly readOnlyEnv: { readonly AZURE_STORAGE_SAS_TOKEN: string };
  readonly endpoint: string;
  readonly ca: string;
  readonly container: string;
  /** A location in the container, as a user types it. */
  location(prefix: string, options?: Readonly<Record<string, string>>): string;
  readonly stop: () => Promise<void>;
}

/** The folder of azurite, Microsoft's emulator. Throws ServerUnavailableError. */
export function provisionAzurite(): Promise<string> {
  return provisionNpmPackage('azurite', version);
}

/** Starts azurite with an account of its own; it does not know the newest protocol's number, and need not. */
export async function startAzurite(folder: string): Promise<AzureServer> {
  const [account, container] = ['testaccount', 'backups-of-tests'];
  const key = randomBytes(64).toString('base64');
  const program = join(folder, 'node_modules/azurite/dist/src/blob/main.js');
  const server = await startServer('azurite', async (place) => {
    const tls = await makeServerCertificate(place.folder);
    const options = [
      '--blobHost',
      '127.0.0.1',
      '--blobPort',
      String(place.port),
      // By whatever name it is reached, the account is in the path.
      '--disableProductStyleUrl',
      '--cert',
      tls.certificate,
      '--key',
      tls.key,
    ];
    const quiet = ['--silent', '--skipApiVersionCheck', '--inMemoryPersistence', '--disableTelemetry'];
    return ['env', `AZURITE_ACCOUNTS=${account}:${key}`, process.execPath, program, ...options, ...quiet];
  });
  const endpoint = `https://127.0.0.1:${server.port}`;
  const ca = join(server.folder, 'pki/ca.crt');
  const credential = new StorageSharedKeyCredential(account, key);
  // The client takes what concerns TLS, although its type does not say so.
  const options = { retryOptions: { maxTries: 3 }, tlsOptions: { ca: await readFile(ca, 'utf8') } };
  const client = new ContainerClient(`${endpoint}/${account}/${container}`, credential, options);
  await client.create();
  const signatureTo = async (permissions: string): Promise<{ readonly AZURE_STORAGE_SAS_TOKEN: string }> => {
    const expiresOn = new Date(Date.now() + 3_600_000);
    const url = await client.generateSasUrl({ permissions: ContainerSASPermissions.parse(permissions), expiresOn });
    return { AZURE_STORAGE_SAS_TOKEN: new URL(url).search };
  };
  return {
    env: { AZURE_STORAGE_KEY: key },
    signatureEnv: await signatureTo('racwdl'),
    readOnlyEnv: await signatureTo('rl'),
    endpoint,
    ca,
    container,
    location: (prefix, options = {}) => {
      const query = new URLSearchParams({ endpoint, ca, ...options });
      return `az://${account}/${container}${prefix === '' ? '' : `/${prefix}`}?${query.toString()}`;
    },
    stop: server.stop,
  };
}
