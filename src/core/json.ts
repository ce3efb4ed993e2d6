/** JSON that people write: a mistake is reported with its place. */
import { WhylightError } from './errors.ts';

/**
 * @param where the file, for messages
 * @throws WhylightError `invalid_config` with line and column.
 */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const at = mistake(text);
    const before = text.slice(0, at).split('\n');
    const [line, column] = [before.length, (before.at(-1)?.length ?? 0) + 1];
    const found = at < text.length ? JSON.stringify(text[at]) : 'the end of the file';
    throw new WhylightError(
      'invalid_config',
      `${where}, line ${line}, column ${column}: not valid JSON, ${found} does not belong there.`,
      { file: where, line, column },
      { cause },
    );
  }
}

const SPACE = /[ \t\r\n]*/y;
const TOKEN = /[{}[\],:]|"(?:[^"\\\p{Cc}]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;

/** Tokens that may come next. */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end' | 'nothing';

/** Position of the first syntax error, which engines do not always report. */
function mistake(text: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  for (let at = 0; ; ) {
    at = match(SPACE, text, at)?.end ?? at;
    const token = match(TOKEN, text, at);
    if (!token || expected === 'nothing') return at;
    const next = after(token.text, expected, open);
    if (next === undefined) return at;
    expected = next;
    at = token.end;
  }
}

function match(pattern: RegExp, text: string, at: number): { text: string; end: number } | undefined {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  return found ? { text: found[0], end: pattern.lastIndex } : undefined;
}

/** Tokens that may follow `token`; undefined when it is out of place. `open` holds the brackets that are open. */
function after(token: string, expected: Expected, open: string[]): Expected | undefined {
  const ended = (): Expected => (open.length === 0 ? 'nothing' : ', or end');
  if (expected === ':') return token === ':' ? 'value' : undefined;
  if (expected === 'key or }' && token === '}') {
    open.pop();
    return ended();
  }
  if (expected === 'key' || expected === 'key or }') return token.startsWith('"') ? ':' : undefined;
  if (expected === ', or end') {
    if (token === ',') return open.at(-1) === '{' ? 'key' : 'value';
    if (token !== (open.at(-1) === '{' ? '}' : ']')) return undefined;
    open.pop();
    return ended();
  }
  if (token === ']' && expected === 'value or ]') {
    open.pop();
    return ended();
  }
  if (token === '{' || token === '[') {
    open.push(token);
    return token === '{' ? 'key or }' : 'value or ]';
  }
  return /^[}\],:]/.test(token) ? undefined : ended();
}
