import { EnumError } from './errors.js';

/** A character-string of DNS, RFC 1035 §3.3. */
const longest = 255;
/** Matches every number, so that the URI is all that the expression says. */
const anything = '^.*$';

/**
 * The substitution expression that gives this URI for every number (RFC 3402 §3.2): `!^.*$!URI!`. URIs have no backslash and no `|`
 * (RFC 3986 §2), so that nothing needs escaping, and `|` is there to delimit a URI that has a `!`.
 * @throws EnumError ROUTE_TOO_LONG
 */
export function writeSubstitution(uri: string): string {
  const delimiter = uri.includes('!') ? '|' : '!';
  const expression = [delimiter, anything, delimiter, uri, delimiter].join('');
  if (expression.length > longest)
    throw new EnumError(
      'ROUTE_TOO_LONG',
      `the URI has ${uri.length} characters, over ${longest - (expression.length - uri.length)}`,
    );
  return expression;
}

/**
 * Applies a substitution expression to a string, as DDDS clients do (RFC 3402 §3.2, RFC 6116 §3.3).
 * @returns the result; undefined when the expression does not match, is not one, or is one that we do not run.
 */
export function substitute(expression: string, subject: string): string | undefined {
  const parts = readSubstitution(expression);
  const pattern = parts && safePattern(parts.pattern, parts.flags);
  const match = pattern?.exec(subject);
  if (!match) return undefined;
  return fill(parts!.replacement, parts!.delimiter, match);
}

interface Substitution {
  readonly delimiter: string;
  readonly pattern: string;
  readonly replacement: string;
  readonly flags: string;
}

function readSubstitution(expression: string): Substitution | undefined {
  const delimiter = expression.charAt(0);
  if (delimiter === '' || /[0-9i\\]/.test(delimiter)) return undefined;
  const parts: string[] = [''];
  for (let at = 1; at < expression.length; at += 1) {
    const character = expression.charAt(at);
    if (character === delimiter) parts.push('');
    else if (character === '\\') parts.push(parts.pop()! + character + expression.charAt((at += 1)));
    else parts.push(parts.pop()! + character);
  }
  const [pattern, replacement, flags] = parts;
  if (parts.length !== 3 || !/^i?$/.test(flags!)) return undefined;
  return { delimiter, pattern: pattern!, replacement: replacement!, flags: flags! };
}

/** What of POSIX extended regular expressions (RFC 3402 §3.2) means the same in JavaScript. */
const tokens =
  /\\[-.+*?()[\]{}|^$\\/!~#%&,:;<=>@'"` ]|\[\^?[^\]\\[]+\]|[()|^$.]|[*+?]|\{[0-9]{1,2}(?:,[0-9]{0,2})?\}|[^\\[\](){}|*+?^$.]/gy;
const quantifier = /^(?:[*+?]|\{.*\})$/;
const mostChoices = 4;

/**
 * The pattern as a JavaScript expression; undefined for one that could run practically without end. A stranger wrote it: with at most four choices
 * (repetitions and alternatives), none of them around a group, sixteen characters take no more than 17^4 steps.
 */
function safePattern(pattern: string, flags: string): RegExp | undefined {
  const found = pattern.match(tokens) ?? [];
  if (found.join('') !== pattern) return undefined;
  let choices = 0;
  for (const [index, token] of found.entries()) {
    if (!quantifier.test(token) && token !== '|') continue;
    choices += 1;
    const before = found[index - 1];
    if (token !== '|' && (before === undefined || /^[()|^$]$/.test(before) || quantifier.test(before)))
      return undefined;
  }
  if (choices > mostChoices) return undefined;
  try {
    return new RegExp(pattern, flags);
  } catch {
    return undefined;
  }
}

/** Puts groups where the replacement names them, `\1` to `\9`; a name without a group is an error (RFC 3402 §3.2). */
function fill(replacement: string, delimiter: string, match: RegExpExecArray): string | undefined {
  let result = '';
  for (let at = 0; at < replacement.length; at += 1) {
    const character = replacement.charAt(at);
    if (character !== '\\') {
      result += character;
      continue;
    }
    const escaped = replacement.charAt((at += 1));
    if (/^[1-9]$/.test(escaped)) {
      if (Number(escaped) >= match.length) return undefined;
      result += match[Number(escaped)] ?? '';
    } else if (escaped === delimiter || escaped === '\\') result += escaped;
    else return undefined;
  }
  return result;
}
