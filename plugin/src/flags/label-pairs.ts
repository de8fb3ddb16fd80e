import { AppError } from '@infrabackup/core';

const name = '[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?';
const subdomain = '[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?';
const pair = new RegExp(`^((?:${subdomain}/)?${name})=(${name})?$`);

/**
 * Labels out of `key=value` texts. Throws USAGE for what Kubernetes would not take as a label, since Velero shows a
 * backup's labels as such, and for one key with two values.
 *
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
 */
export function parseLabelPairs(texts: readonly string[]): Readonly<Record<string, string>> {
  const labels = new Map<string, string>();
  for (const text of texts) {
    const [key, value] = pair.test(text) ? text.split('=') : [];
    if (key === undefined || value === undefined) {
      throw new AppError('USAGE', `--label ${JSON.stringify(text)} is not a label`, { hint: 'write key=value' });
    }
    if (labels.has(key) && labels.get(key) !== value) {
      throw new AppError('USAGE', `--label gives ${key} two values`);
    }
    labels.set(key, value);
  }
  return Object.fromEntries(labels);
}
