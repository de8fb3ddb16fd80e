/** What looks like a credential, and what is put in its place. Order matters: the narrower patterns go first. */
const patterns: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[private key]'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 [redacted]'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '[token]'],
  [/(\w+:\/\/)[^\s/@:]*:[^\s/@]*@/g, '$1[redacted]@'],
  [
    /((?:access_?key|secret|token|password|passwd|signature|x-amz-security-token|sig)["']?\s*[=:]\s*["']?)[^\s"'&,;}]+/gi,
    '$1[redacted]',
  ],
];

/** The text with everything that looks like a credential taken out; for what other programs and servers said. */
export function redactText(text: string): string {
  return patterns.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
}
