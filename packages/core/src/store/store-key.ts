import { AppError } from '../errors/app-error.ts';

const segment = /^[A-Za-z0-9_:+@=-][A-Za-z0-9._:+@=-]{0,254}$/;
const maxKeyBytes = 1024;

/** Whether the text can stand between two slashes of a key. Whatever else lies in a folder is not ours. */
export function isKeySegment(text: string): boolean {
  return segment.test(text);
}

/** Throws USAGE unless the text is a legal key of the Store contract. */
export function checkKey(key: string): void {
  if (key.length > maxKeyBytes || !key.split('/').every(isKeySegment)) throw refusal('key', key);
}

/** Throws USAGE unless the text is a prefix of the Store contract: empty, or a legal key and a slash. */
export function checkPrefix(prefix: string): void {
  if (prefix === '') return;
  if (!prefix.endsWith('/')) throw refusal('prefix', prefix);
  checkKey(prefix.slice(0, -1));
}

function refusal(what: string, text: string): AppError {
  return new AppError('USAGE', `${JSON.stringify(text)} is not a ${what} that a backup location can hold`, {
    hint: `use letters, digits and ._:+@=- between slashes, no leading dot, at most ${maxKeyBytes} characters`,
  });
}
