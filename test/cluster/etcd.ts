/** What a test may do to the cluster's etcd behind the API server's back, through its HTTP gateway. */
export interface Etcd {
  readonly url: string;
  /** The newest revision; equals the resourceVersion of the newest write. */
  revision(): Promise<number>;
  /**
   * Forgets every revision before the newest, as the API server itself has etcd do every five minutes,
   * so that lists at an older revision and their continue tokens answer 410. Returns the revision kept.
   * From 1.34 on the API server itself remembers, and learns of a compaction within 15 s (k8s.io/apiserver/pkg/storage/cacher/compactor.go);
   * where a test cannot wait: `apiServerFlags: ['--feature-gates=ListFromCacheSnapshot=false']`.
   */
  compact(): Promise<number>;
}

/** The key whose changes tell API servers that somebody compacted: k8s.io/apiserver/pkg/storage/etcd3/compact.go */
const compactRevisionKey = 'compact_rev_key';

interface ResponseHeader {
  readonly header: { readonly revision: string };
}

export function createEtcd(url: string): Etcd {
  const call = async (method: string, body: unknown): Promise<ResponseHeader> => {
    const response = await fetch(`${url}/v3/kv/${method}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`etcd's ${method} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as ResponseHeader;
  };
  const revision = async (): Promise<number> =>
    Number((await call('range', { key: base64(compactRevisionKey), keys_only: true })).header.revision);

  return {
    url,
    revision,
    async compact() {
      const kept = await revision();
      await call('put', { key: base64(compactRevisionKey), value: base64(String(kept)) });
      await call('compaction', { revision: kept, physical: true });
      return kept;
    },
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
