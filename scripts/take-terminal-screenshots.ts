/**
 * `npm run screenshots:terminal`: images of the command line, its colours drawn by a real browser. Names of images as
 * arguments take these alone; that of a text is in docs/images, all others are for looking at, in generated/.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '../test/support/chromium.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SHOTS: Readonly<Record<string, readonly string[]>> = {
  'terminal-text': [
    ...['movie_reviews', '--method', 'occlusion', '--text'],
    'A brilliant cast and a moving story, but the ending is dull.',
  ],
  'terminal-table': ['adult_income', 'examples/data/adult_income.csv'],
  'terminal-sound': ['speech_digits', 'examples/data/nine.wav'],
};
/** Lines at most: of many rows, the first. */
const MAX_LINES = 24;
const STYLE =
  'body{margin:0;display:inline-block;background:#1b1f24;color:#d8dee6;padding:14px 18px;max-width:1000px}' +
  "pre{margin:0;font:14px/1.25 'DejaVu Sans Mono',monospace;white-space:pre-wrap}";

/** Output of the command on a terminal with colours. */
function printed([model = '', ...args]: readonly string[]): string {
  const command = ['explain', '--model', `models/${model}`, ...args];
  const run = `Object.defineProperty(process.stdout,'isTTY',{value:true});process.argv.splice(1,0,'whylight');await import('./src/cli/whylight.mjs')`;
  const { stdout, status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', run, '--', ...command], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`whylight ${command.join(' ')} failed:\n${stderr}`);
  const shown = command.map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' ');
  return [`$ whylight ${shown}`, ...stdout.split('\n').slice(0, MAX_LINES)].join('\n');
}

/** Sequence of a terminal that sets colours. */
const SEQUENCE = new RegExp(`${String.fromCharCode(27)}\\[([\\d;]*)m`);
const ESCAPED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Text with ANSI colours of 24 bits and underlines as HTML. */
function toHtml(ansi: string): string {
  let style: string[] = [];
  return ansi
    .split(SEQUENCE)
    .map((part, i) => {
      // Every second part is a sequence.
      const codes = i % 2 === 1 ? part : undefined;
      if (codes === undefined) {
        const text = part.replace(/[&<>]/g, (character) => ESCAPED[character] as string);
        return style.length > 0 ? `<span style="${style.join(';')}">${text}</span>` : text;
      }
      style = styleAfter(style, codes.split(';').map(Number));
      return '';
    })
    .join('');
}

/** Rules of the style after one sequence, which may hold several codes: a background and a colour. */
function styleAfter(before: readonly string[], codes: readonly number[]): string[] {
  let rules = [...before];
  const set = (name: string, value?: string): void => {
    rules = [...rules.filter((rule) => !rule.startsWith(`${name}:`)), ...(value ? [`${name}:${value}`] : [])];
  };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code === 38 || code === 48) {
      set(code === 38 ? 'color' : 'background', `rgb(${codes.slice(i + 2, i + 5).join()})`);
      i += 4;
    } else if (code === 4) set('text-decoration', 'underline');
    else if (code === 24) set('text-decoration');
    else rules = [];
  }
  return rules;
}

const wanted = process.argv.slice(2);
const browser = await launchChromium();
try {
  for (const [file, args] of Object.entries(SHOTS)) {
    if (wanted.length > 0 && !wanted.includes(file)) continue;
    const page = await browser.newPage({ viewport: { width: 1040, height: 400 } });
    await page.setContent(`<style>${STYLE}</style><pre>${toHtml(printed(args))}</pre>`);
    const path = `${ROOT}${file === 'terminal-text' ? 'docs/images' : 'generated'}/${file}.png`;
    await page.locator('body').screenshot({ path });
    console.log(path);
    await page.close();
  }
} finally {
  await browser.close();
}
