/** A header would hold what no header can. */
export class HeaderError extends Error {
  readonly code = 'INFRABACKUP_HEADER';
  /** Its name, or `:path`. */
  readonly header: string;

  constructor(header: string) {
    super(`${header} holds what no request can`);
    this.header = header;
  }
}

/**
 * The request line and the headers, as they are sent. Values are Latin-1; those that are absent are left out.
 *
 * Throws {@link HeaderError}, which does not show the value.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9112#section-3 and https://www.rfc-editor.org/rfc/rfc9110#section-5.5
 */
export function requestHead(
  method: string,
  path: string,
  headers: Readonly<Record<string, string | number | readonly string[] | undefined>>,
): Buffer {
  if (/[^\x21-\x7e]/.test(path)) throw new HeaderError(':path');
  let text = `${method} ${path} HTTP/1.1\r\n`;
  for (const [name, given] of Object.entries(headers)) {
    for (const value of [given ?? []].flat()) {
      if (/[^\t\x20-\x7e\x80-\xff]/.test(String(value))) throw new HeaderError(name);
      text += `${name}: ${value}\r\n`;
    }
  }
  return Buffer.from(`${text}\r\n`, 'latin1');
}
