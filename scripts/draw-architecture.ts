/**
 * Writes docs/images/architecture.svg: the top-level folders of src in layers. Imports point downwards, and from the lowest
 * layer up to the core. `--check` writes nothing and fails when the file is outdated or lacks a folder.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const FILE = 'docs/images/architecture.svg';

interface Layer {
  readonly title: string;
  /** Content by folder. */
  readonly folders: Readonly<Record<string, string>>;
}

/** From the top down. */
const LAYERS: readonly Layer[] = [
  {
    title: 'entry points',
    folders: { cli: 'command line', package: 'published entries', playground: 'page at /' },
  },
  { title: 'reports, tests', folders: { report: 'report of a folder', testing: 'contract tests' } },
  { title: 'one platform', folders: { node: 'onnxruntime-node, files, origin server' } },
  {
    title: 'services',
    folders: { edge: 'HTTP, tenants, cache, origins, jobs', library: 'files in, drawings out' },
  },
  {
    title: 'shared',
    folders: {
      protocol: 'wire formats',
      config: 'policies',
      tools: 'inspect, check',
      composition: 'container',
      styles: 'CSS of pages',
    },
  },
  {
    title: 'core',
    folders: { core: 'graphs, derivatives, models, contracts, strategies, plans, one explanation' },
  },
  {
    title: 'implementations',
    folders: { plugins: 'saliency methods', modalities: 'kinds of input', tasks: 'kinds of output' },
  },
];

const WIDTH = 760;
const LEFT = 130;
const ROW = 74;
const BOX = 48;
const GAP = 12;
const CENTRE = LEFT + (WIDTH - LEFT - GAP) / 2;

function box(name: string, content: string, x: number, y: number, width: number): string {
  const middle = x + width / 2;
  return `<rect x="${x}" y="${y}" width="${width}" height="${BOX}" rx="6"/>
<text class="name" x="${middle}" y="${y + 20}">${name}</text>
<text x="${middle}" y="${y + 37}">${content}</text>`;
}

function drawLayer({ title, folders }: Layer, index: number): string {
  const y = GAP + index * ROW;
  const entries = Object.entries(folders);
  const width = (WIDTH - LEFT - GAP * entries.length) / entries.length;
  const boxes = entries.map(([name, content], i) => box(name, content, LEFT + i * (width + GAP), y, width));
  return [`<text class="title" x="${GAP}" y="${y + 28}">${title}</text>`, ...boxes, arrow(index, y + BOX)].join('\n');
}

/** Arrow from a layer to the next: down, and up from the implementations to the core. */
function arrow(index: number, y: number): string {
  if (index === LAYERS.length - 1) return '';
  const [from, to] = index === LAYERS.length - 2 ? [y + ROW - BOX - 2, y + 4] : [y + 2, y + ROW - BOX - 4];
  return `<path d="M${CENTRE} ${from}V${to}" marker-end="url(#head)"/>`;
}

const height = 2 * GAP + (LAYERS.length - 1) * ROW + BOX;
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>Folders of src in layers; imports point from a layer to those below it, and from the implementations to the core</title>
<style>
text { font: 12px system-ui, sans-serif; text-anchor: middle; fill: #333 }
.name { font: 600 14px ui-monospace, monospace; fill: #111 }
.title { text-anchor: start; fill: #777 }
rect { fill: #f3f6fa; stroke: #8fa3bb }
path { stroke: #5b7089; stroke-width: 1.5; fill: none }
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="6" markerHeight="6" orient="auto">
<path d="M0 0L8 4L0 8z" style="fill:#5b7089;stroke:none"/></marker></defs>
<rect width="${WIDTH}" height="${height}" style="fill:#fff;stroke:none"/>
${LAYERS.map(drawLayer).join('\n')}
</svg>
`;

const drawn = LAYERS.flatMap(({ folders }) => Object.keys(folders));
const present = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
const missing = present.map(({ name }) => name).filter((name) => !drawn.includes(name));
if (missing.length > 0) {
  console.error(`${FILE} lacks src/${missing.join(', src/')}: add it to a layer of scripts/draw-architecture.ts.`);
}
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, svg);
} else if (missing.length > 0 || readFileSync(FILE, 'utf8') !== svg) {
  console.error(`${FILE} is outdated: run node scripts/draw-architecture.ts.`);
  process.exitCode = 1;
}
