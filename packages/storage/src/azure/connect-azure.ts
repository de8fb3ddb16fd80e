import type { Agent } from 'node:http';
import { BlobServiceClient, StorageRetryPolicyType, StorageSharedKeyCredential } from '@azure/storage-blob';
import type { ContainerClient, StoragePipelineOptions } from '@azure/storage-blob';
import { httpAgents } from '../http-agents.ts';

/** Which container, and how it is reached. */
export interface AzurePlace {
  readonly account: string;
  readonly container: string;
  readonly endpoint: URL | undefined;
  readonly ca: string | undefined;
}

/** The client waits between tries, longer each time and never two clients alike. */
const retries = {
  retryPolicyType: StorageRetryPolicyType.EXPONENTIAL,
  maxTries: 5,
  retryDelayInMs: 200,
  maxRetryDelayInMs: 10_000,
};

/**
 * Opens a container, by the account's key or a shared access signature of the environment, which the tools of Azure
 * read there too, else by Azure's own chain of identities.
 */
export async function connectAzure(
  { account, container, endpoint, ca }: AzurePlace,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ContainerClient> {
  // An emulator has its accounts in the path.
  const base = endpoint === undefined ? `https://${account}.blob.core.windows.net` : new URL(account, endpoint).href;
  const { httpAgent, httpsAgent } = await httpAgents(ca, env);
  // The pipeline takes an agent of the caller's, which its type for storage leaves out. Its own proxies trust no `ca`.
  const options: StoragePipelineOptions & { readonly agent: Agent } = {
    retryOptions: retries,
    agent: base.startsWith('http:') ? httpAgent : httpsAgent,
  };
  const { AZURE_STORAGE_KEY: key, AZURE_STORAGE_SAS_TOKEN: token } = env;
  const service = await (async () => {
    if (key !== undefined && key !== '') {
      return new BlobServiceClient(base, new StorageSharedKeyCredential(account, key), options);
    }
    if (token !== undefined && token !== '')
      return new BlobServiceClient(`${base}?${token.replace(/^\?/, '')}`, undefined, options);
    const { AzureAuthorityHosts, DefaultAzureCredential } = await import('@azure/identity');
    const authority = (env['AZURE_AUTHORITY_HOST'] ?? '').replace(/\/+$/, '');
    // An authority of one's own is in no list of Microsoft's, and may be where that cannot be reached.
    const isOwn = authority !== '' && !Object.values<string>(AzureAuthorityHosts).includes(authority);
    return new BlobServiceClient(base, new DefaultAzureCredential({ disableInstanceDiscovery: isOwn }), options);
  })();
  return service.getContainerClient(container);
}
