/** One request to an API server. */
export interface ApiRequest {
  /** Absent is GET. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | undefined;
  /** From the server's root, query included: `/api/v1/namespaces?limit=1`. */
  readonly path: string;
  /** Absent is JSON. */
  readonly accept?: string | undefined;
  readonly body?: Buffer | string | undefined;
  /** Absent is JSON. */
  readonly contentType?: string | undefined;
  /** Whether doing it twice does what once does; absent: all methods but POST and PATCH. */
  readonly idempotent?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A whole answer of any status. */
export interface ApiResponse {
  readonly statusCode: number;
  /** Warning headers as they came: `299 - "policy/v1beta1 ... is deprecated"`. */
  readonly warnings: readonly string[];
  readonly body: Buffer;
}
