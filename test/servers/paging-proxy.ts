import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { startForwarder, type Forwarder, type ServerBehind } from './forwarder.ts';

/** How a kind of cloud is asked for a page of a listing. */
export interface Paging {
  /** The parameters of the query that say how long a page is, and where it begins. */
  readonly sizeParameter: string;
  readonly tokenParameter: string;
  /** The headers of a request that was changed; those that came when absent. */
  readonly headersOf?: (request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>) => OutgoingHttpHeaders;
}

/** What becomes of a request for a page: no answer, half of one, or one that says this. */
export type PageFault = 'no answer' | 'half an answer' | 500 | 503;

/** A way to a server on which listings come in short pages and not always at once. */
export interface PagingProxy extends Forwarder {
  /** Where each page that was asked for begins; empty for the first one. */
  readonly asked: string[];
}

/** Stands before a server. `faultsOf` says what becomes of the requests for a page, by its number from 0, in turn. */
export async function startPagingProxy(
  server: ServerBehind,
  { sizeParameter, tokenParameter, headersOf = ({ headers }) => headers }: Paging,
  pageSize: number,
  faultsOf: (page: number) => readonly PageFault[],
): Promise<PagingProxy> {
  const asked: string[] = [];
  const broken = new Set<IncomingMessage>();
  const urlOf = (incoming: IncomingMessage): string => {
    const url = new URL(incoming.url!, server.endpoint);
    if (isListing(incoming)) url.searchParams.set(sizeParameter, String(pageSize));
    // As signatures have it: a blank is no plus.
    return `${url.pathname}?${url.searchParams.toString().replaceAll('+', '%20')}`;
  };
  const forwarder = await startForwarder(server, {
    urlOf,
    headersOf: (incoming, outgoing) => {
      if (isListing(incoming)) {
        const token = new URL(incoming.url!, server.endpoint).searchParams.get(tokenParameter) ?? '';
        const page = [...new Set([...asked, token])].indexOf(token);
        const fault = faultsOf(page)[asked.filter((before) => before === token).length];
        asked.push(token);
        if (fault === 'half an answer') broken.add(incoming);
        if (fault === 'no answer') outgoing.destroy();
        if (typeof fault === 'number') outgoing.writeHead(fault).end();
        if (fault !== undefined && fault !== 'half an answer') return undefined;
      }
      return headersOf({ method: incoming.method, headers: incoming.headers, url: urlOf(incoming) });
    },
    breaksOff: (incoming) => broken.delete(incoming),
  });
  return { ...forwarder, asked };
}

/** The tests always list below a prefix. */
function isListing({ method, url }: IncomingMessage): boolean {
  return method === 'GET' && /[?&]prefix=./.test(url!);
}
