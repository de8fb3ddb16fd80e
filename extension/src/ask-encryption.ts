import { encryptionBy, encryptionForAge, isAppError, type Encryption } from '@infrabackup/core';
import type { App } from './app.ts';
import { askText, pickOne } from './pick.ts';

/**
 * How a backup is to be encrypted, as the user says; undefined: not at all. What the location's entry wants is offered
 * first, then what the settings name.
 */
export async function askEncryption(
  { locations }: Pick<App, 'locations'>,
  location: string,
): Promise<Encryption | undefined> {
  const [wanted, { encryptionConfig }] = await Promise.all([
    locations.encryption(location),
    locations.keyFiles(location),
  ]);
  const asEntered = {
    label: `$(lock) As location ${location} says`,
    description: '',
    detail: 'Its entry in config.yaml names the keys, or for whom',
    ask: () => Promise.resolve(wanted),
  };
  const byConfig = {
    label: '$(lock) By your EncryptionConfiguration',
    description: encryptionConfig ?? '',
    detail: 'By its rules: which types, with which key',
    ask: async () => encryptionBy((await locations.keys(location))!),
  };
  const first = wanted !== undefined ? [asEntered] : encryptionConfig !== undefined ? [byConfig] : [];
  return (await pickOne<(typeof ways)[number]>([...first, ...ways], 'Encrypt the backup?')).ask();
}

const ways = [
  {
    label: '$(unlock) Not encrypted',
    description: '',
    detail: 'Who can read the location can read the values of Secrets',
    ask: (): Promise<Encryption | undefined> => Promise.resolve(undefined),
  },
  {
    label: '$(key) Secrets, for age recipients…',
    description: '',
    detail: 'Everything else lies in clear, so that other tools can restore it',
    ask: () => askRecipients(['secrets']),
  },
  {
    label: '$(key) Everything, for age recipients…',
    description: '',
    detail: 'Names stay readable, so that the backup can be browsed',
    ask: () => askRecipients(['*.*']),
  },
];

async function askRecipients(resources: readonly string[]): Promise<Encryption | undefined> {
  const encryptionOf = (text: string): Promise<Encryption> =>
    encryptionForAge(
      text.split(/[\s,]+/).filter((recipient) => recipient !== ''),
      resources,
    );
  const text = await askText({
    title: 'Encrypt for age Recipients',
    prompt: 'Whoever has the identity of one of them can read it',
    placeHolder: 'age1… age1…',
    validateInput: async (typed) => (typed.trim() === '' ? 'name one at least' : problemOf(encryptionOf(typed))),
  });
  return encryptionOf(text);
}

async function problemOf(made: Promise<unknown>): Promise<string | undefined> {
  try {
    await made;
    return undefined;
  } catch (error) {
    if (!isAppError(error)) throw error;
    return error.hint ?? error.message;
  }
}
