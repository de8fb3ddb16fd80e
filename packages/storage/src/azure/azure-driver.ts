import { AppError, isKeySegment } from '@infrabackup/core';
import { defineDriver } from '../driver.ts';
import { fileOption, serverOption, silenceOption, wordOption } from '../location-option.ts';

/** Containers of Azure Blob Storage. */
export const azureDriver = defineDriver('az', {
  example: 'az://account/container/prefix',
  options: {
    endpoint: serverOption('the server, where it is not ACCOUNT.blob.core.windows.net'),
    ca: fileOption('a file of certificates (PEM) to trust besides those that Node knows'),
    timeout: silenceOption,
    accessTier: wordOption(['Hot', 'Cool', 'Cold']),
  },
  open: async (address, { endpoint, ca, timeout, accessTier }, { uri, env }) => {
    const { account, container, prefix } = parseAddress(address);
    const [{ connectAzure }, { AzureStore }] = await Promise.all([
      import('./connect-azure.ts'),
      import('./azure-store.ts'),
    ]);
    return new AzureStore({
      uri,
      container: await connectAzure({ account, container, endpoint, ca }, env),
      timeoutMs: timeout,
      prefix,
      written: accessTier === undefined ? {} : { tier: accessTier },
    });
  },
});

/** Source: https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata */
const names = /^\/\/([a-z0-9]{3,24})\/(\$root|[a-z0-9](?:-?[a-z0-9]){2,62})(?:\/+(.*?)\/*)?$/;

function parseAddress(address: string): { account: string; container: string; prefix: string } {
  const [, account, container, path = ''] = names.exec(address) ?? [];
  if (account !== undefined && container !== undefined && (path === '' || path.split('/').every(isKeySegment))) {
    return { account, container, prefix: path === '' ? '' : `${path}/` };
  }
  throw new AppError('USAGE', `az:${address} does not name an account, a container and a prefix in it`, {
    hint: 'write az://ACCOUNT/CONTAINER or az://ACCOUNT/CONTAINER/PREFIX',
  });
}
