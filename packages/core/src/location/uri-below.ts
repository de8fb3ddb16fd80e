/** The URI of a location with more path, for people: what it has of options stays behind it. */
export function uriBelow(uri: string, path: string): string {
  const [place = '', query] = uri.split(/(?=\?)/, 2);
  return `${place.replace(/\/$/, '')}/${path}${query ?? ''}`;
}
