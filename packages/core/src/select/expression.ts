import { AppError } from '../errors/app-error.ts';

/** Classes of characters that Go's expressions know by name. */
const namedClasses: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

/** The tokens of an expression that need a look; everything else is taken as it is. */
const token =
  /\\Q(?<quoted>.*?)(?:\\E|$)|\\(?<escaped>.)|\[\[:(?<alone>\^?\w+):\]\]|\[:(?<named>\w+):\]|\(\?(?<group>[^)]*?)(?=[:)])|\(\?(?<look><?[=!])/gsu;

/**
 * The expression as Rancher's ResourceSets and other Go programs mean it, for names of Kubernetes objects.
 *
 * Go's syntax (RE2) and ours differ little; what only one of them has is translated (`(?i)` at the front, `\A`, `\z`,
 * `\Q…\E`, `[[:alpha:]]`, `(?P<name>…)`) or refused (look-around, back-references, classes
 * of Unicode). Throws USAGE.
 *
 * Source: https://github.com/google/re2/wiki/Syntax
 */
export function parseExpression(text: string): RegExp {
  const flags = /^\(\?(?<flags>[imsU]+)\)/.exec(text);
  const wanted = flags?.groups?.['flags'] ?? '';
  if (wanted.includes('U')) throw unusable(text, 'it turns greediness round (?U)');
  const source = text.slice(flags?.[0].length ?? 0).replace(token, (found, ...rest) => {
    const { quoted, escaped, alone, named, group, look } = rest.at(-1) as Record<string, string | undefined>;
    if (quoted !== undefined) return quoted.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    if (escaped !== undefined) return translateEscape(escaped, text);
    const className = alone ?? named;
    if (className !== undefined) {
      const members = namedClasses[className.replace('^', '')];
      if (members === undefined) throw unusable(text, `it has no class ${className}`);
      return alone === undefined ? members : `[${className.startsWith('^') ? '^' : ''}${members}]`;
    }
    if (look !== undefined || /^<?[=!]/.test(group ?? '')) throw unusable(text, 'it looks around, which Go does not');
    return found.replace(/^\(\?P</, '(?<');
  });
  try {
    return new RegExp(source, ['i', 'm', 's'].filter((flag) => wanted.includes(flag)).join(''));
  } catch (cause) {
    throw unusable(text, (cause as Error).message.replace(/^.*: /, ''));
  }
}

function translateEscape(escaped: string, text: string): string {
  if (escaped === 'A') return '^';
  if (escaped === 'z') return '$';
  if (/[1-9CkpPZ]/.test(escaped)) throw unusable(text, `\\${escaped} is not known`);
  return `\\${escaped}`;
}

function unusable(text: string, why: string): AppError {
  return new AppError('USAGE', `the regular expression ${JSON.stringify(text)} cannot be used: ${why}`, {
    hint: 'write it as Go does: https://github.com/google/re2/wiki/Syntax',
  });
}
