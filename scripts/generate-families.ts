/**
 * Writes the table of model families at the end of docs/models.md, from the figures that `npm run field -- --families`
 * collects: which families are read rightly by themselves, and which strategies run on them. `--check` writes nothing
 * and fails when the table is outdated.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { FamilyFigures } from '../test/field/report.ts';

const FILE = 'docs/models.md';
const RESULTS = 'scripts/model-families/results.json';
const MARK = '<!-- Written by scripts/generate-families.ts. Do not edit below this line. -->\n';

type Figures = Readonly<Record<string, Readonly<Record<string, FamilyFigures>>>>;

const TITLES: Readonly<Record<string, string>> = {
  transformers: 'Hugging Face transformers',
  ultralytics: 'Ultralytics',
  timm: 'timm',
  torchvision: 'torchvision',
  keras: 'Keras, by tf2onnx',
  skl2onnx: 'scikit-learn, by skl2onnx',
  lightgbm: 'LightGBM',
  xgboost: 'XGBoost',
  catboost: 'CatBoost',
  hummingbird: 'scikit-learn, by hummingbird',
};

/** `runs` or `refused` where that holds for every file, else the number of files. */
function strategyText({ files, methods }: FamilyFigures, strategy: keyof FamilyFigures['methods']): string {
  const { runs, refused } = methods[strategy];
  if (runs === files) return 'runs';
  return refused === files ? 'refused' : `${runs} of ${files}`;
}

const rightText = ({ files, right }: FamilyFigures): string => (right === files ? 'yes' : `${right} of ${files}`);

/** Columns of a family behind its name. */
const columnsOf = (figures: FamilyFigures): string[] => [
  rightText(figures),
  strategyText(figures, 'gradient'),
  strategyText(figures, 'activation'),
  strategyText(figures, 'perturbation'),
];

/** Rows of one origin: families of the same outcome share a row. */
function rowsOf(origin: string, families: Figures[string]): string[] {
  const rows = new Map<string, { names: string[]; files: number }>();
  for (const [name, figures] of Object.entries(families)) {
    const key = columnsOf(figures).join(' | ');
    const row = rows.get(key) ?? { names: [], files: 0 };
    rows.set(key, { names: [...row.names, name], files: row.files + figures.files });
  }
  return [...rows].map(
    ([columns, { names, files }]) => `| ${TITLES[origin] ?? origin} | ${names.join(', ')} | ${files} | ${columns} |`,
  );
}

function section(figures: Figures): string {
  const all = Object.values(figures).flatMap((families) => Object.values(families));
  const sum = (value: (one: FamilyFigures) => number): number => all.reduce((total, one) => total + value(one), 0);
  return `
## Model families

Exports with random weights, opened by what the file and its folder say alone: ${sum(({ right }) => right)} of ${sum(({ files }) => files)} files
are read as they are meant, with outputs and gradients equal to those of the framework (\`npm run field\`). One method of
each strategy ran on each file: \`saliency\`, \`grad_cam\`, \`occlusion\`. *Refused*: in words, with the reason; trees have no
derivative, and a model without a feature map has no map to draw.

| Library | Families | Files | Read rightly | Gradient | Activation | Perturbation |
|---|---|---|---|---|---|---|
${Object.entries(figures)
  .flatMap(([origin, families]) => rowsOf(origin, families))
  .join('\n')}
`;
}

const before = readFileSync(FILE, 'utf8');
const own = before.includes(MARK) ? before.slice(0, before.indexOf(MARK)) : `${before}\n`;
const text = own + MARK + section(JSON.parse(readFileSync(RESULTS, 'utf8')) as Figures);
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, text);
} else if (before !== text) {
  console.error(`${FILE} is outdated: run "npx node scripts/generate-families.ts".`);
  process.exitCode = 1;
}
