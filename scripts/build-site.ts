/**
 * docs/ -> a static site, by Eleventy: pages with navigation, a search, and no request to other hosts. `npm run setup`
 * writes it to generated/assets/docs, where the Worker serves it below /docs.
 */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Eleventy from '@11ty/eleventy';
import { build, type Rolldown } from 'vite';
import { indexOf, sectionsOf } from './site/index-pages.ts';
import { withAnchors, withSiteLinks } from './site/links.ts';
import { addMath } from './site/math.ts';
import { addressOf, framed } from './site/page.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCS = join(ROOT, 'docs');

/** Title of each page by its path without `.md`: its first heading. */
async function titlesOf(): Promise<Map<string, string>> {
  const paths = (await readdir(DOCS, { recursive: true })).filter((path) => path.endsWith('.md')).sort();
  const entries = paths.map(async (path) => {
    const heading = /^# +(.*)$/m.exec(await readFile(join(DOCS, path), 'utf8'))?.[1] ?? path;
    return [path.replaceAll('\\', '/').replace(/\.md$/, ''), heading.replaceAll('`', '')] as const;
  });
  return new Map(await Promise.all(entries));
}

interface RenderedPage {
  readonly inputPath: string;
  readonly content: string;
}

/** HTML of every page by its path without `.md`. */
async function rendered(): Promise<Map<string, string>> {
  const site = new Eleventy('docs', '_site', {
    quietMode: true,
    // Pages are plain Markdown: braces in them are no templates.
    config: (eleventy) => {
      eleventy.amendLibrary('md', addMath);
      return { markdownTemplateEngine: false, htmlTemplateEngine: false };
    },
  });
  const pages = (await site.toJSON()) as RenderedPage[];
  const stem = (path: string): string => path.replace(/^\.?\/?docs\//, '').replace(/\.md$/, '');
  return new Map(pages.map(({ inputPath, content }) => [stem(inputPath), content]));
}

/** The program of the search as one file. */
async function searchProgram(): Promise<string> {
  const { output } = (await build({
    configFile: false,
    logLevel: 'warn',
    root: ROOT,
    build: { write: false, target: 'es2024', rollupOptions: { input: join(ROOT, 'scripts/site/search.ts') } },
  })) as Rolldown.RolldownOutput;
  const [chunk] = output;
  return chunk.code;
}

/** Writes the site to a folder. */
export async function buildSite(folder: string): Promise<void> {
  const titles = await titlesOf();
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  const sections = [];
  for (const [stem, html] of await rendered()) {
    const content = withSiteLinks(withAnchors(html), stem);
    sections.push(...sectionsOf(content, addressOf(stem), titles.get(stem) ?? stem));
    await write(addressOf(stem), framed({ stem, content, titles }));
  }
  await write('search.json', indexOf(sections));
  await write('search.js', await searchProgram());
  const styles = ['src/styles/product.css', 'src/styles/reset.css', 'scripts/site/site.css'];
  await write('site.css', (await Promise.all(styles.map((path) => readFile(join(ROOT, path), 'utf8')))).join('\n'));
  await cp(join(ROOT, 'src/playground/icon.svg'), join(folder, 'icon.svg'));
  await cp(join(DOCS, 'images'), join(folder, 'images'), { recursive: true });
}

if (import.meta.main) await buildSite(process.argv[2] ?? join(ROOT, 'generated/assets/docs'));
