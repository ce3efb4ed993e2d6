/** Formulas of the documents as MathML, which browsers draw without scripts and fonts of their own. */
import temml from 'temml';

/** Parts of markdown-it, which Eleventy brings, that formulas need. */
interface InlineState {
  readonly src: string;
  pos: number;
  push(type: string, tag: string, nesting: 0): { content: string; markup: string };
}
interface MathToken {
  readonly content: string;
  readonly markup: string;
  readonly info: string;
}
type Render = (tokens: readonly MathToken[], index: number, ...rest: unknown[]) => string;
export interface Markdown {
  readonly inline: {
    readonly ruler: {
      before(other: string, name: string, rule: (state: InlineState, silent: boolean) => boolean): void;
    };
  };
  readonly renderer: { readonly rules: Record<string, Render | undefined> };
}

/** `$x$` or `$$x$$`: no blank inside of the signs, and no digit behind, so that prices stay prices. */
const FORMULA = /(\$\$?)(?!\s)((?:\\.|[^\\$])+?)(?<!\s)\1(?!\d)/sy;

/**
 * LaTeX as MathML.
 * @throws Error for LaTeX that is not understood
 *
 * @example
 * mathOf('w_k', false); // '<math><msub><mi>w</mi><mi>k</mi></msub></math>'
 */
export const mathOf = (latex: string, isBlock: boolean): string =>
  temml
    .renderToString(latex, { displayMode: isBlock, throwOnError: true })
    // The site's policy refuses styles within elements.
    .replaceAll(/ style="[^"]*"/g, '');

/** Teaches Markdown formulas: between dollar signs, and fenced blocks of the language `math`. */
export function addMath(markdown: Markdown): void {
  markdown.inline.ruler.before('escape', 'formula', (state, silent) => {
    FORMULA.lastIndex = state.pos;
    const [all, sign = '', latex = ''] = FORMULA.exec(state.src) ?? [];
    if (all === undefined) return false;
    if (!silent) Object.assign(state.push('formula', 'math', 0), { content: latex, markup: sign });
    state.pos += all.length;
    return true;
  });
  const { rules } = markdown.renderer;
  rules.formula = (tokens, index) => {
    const { content, markup } = tokens[index] as MathToken;
    return mathOf(content, markup === '$$');
  };
  const { fence } = rules;
  rules.fence = (tokens, index, ...rest) => {
    const { info, content } = tokens[index] as MathToken;
    return info.trim() === 'math' ? `${mathOf(content, true)}\n` : (fence?.(tokens, index, ...rest) ?? '');
  };
}
