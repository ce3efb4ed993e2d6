/** Literals of Python, as exporters that run in Python write them into metadata. */

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** A literal of Python (numbers, strings, lists, dicts) or JSON; undefined when it is neither. */
export function parsePython(text: string): unknown {
  const json = text.replace(
    /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|\bTrue\b|\bFalse\b|\bNone\b|(?<=[{,]\s*)(-?\d+)(?=\s*:)|[()]/g,
    (match, single?: string, double?: string, key?: string) => {
      const string = single ?? double;
      if (string !== undefined) return JSON.stringify(unescaped(string));
      if (key !== undefined) return `"${key}"`;
      if (match === '(' || match === ')') return match === '(' ? '[' : ']';
      return match === 'True' ? 'true' : match === 'False' ? 'false' : 'null';
    },
  );
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

const unescaped = (content: string): string =>
  content.replace(
    /\\(?:x([\da-f]{2})|u([\da-f]{4})|(.))/gis,
    (_, byte: string | undefined, unit: string | undefined, character: string | undefined) =>
      character === undefined
        ? String.fromCharCode(Number.parseInt((byte ?? unit) as string, 16))
        : (ESCAPES[character] ?? character),
  );
