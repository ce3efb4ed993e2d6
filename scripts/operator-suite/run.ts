/**
 * Runs operator tests through reading, compiling, writing and onnxruntime-node:
 *
 *   node scripts/operator-suite/run.ts <folder> [--only text] [--list] [--save]
 *
 * `folder` holds the node tests that Python's `onnx` generates, or folders with `case.json`. Prints a line for each operator,
 * with `--list` each case that is not right and why, and at the end `N passed, N failed, N skipped`. `--save` writes the
 * figures that `docs/operators.md` shows.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type OperatorCase, readCases, type SkippedCase } from './cases.ts';
import { judge, type Verdict } from './judge.ts';

export const RESULTS = new URL('results.json', import.meta.url);

/** Counts for one operator: cases by forward verdict, products by verdict. */
export interface OperatorFigures {
  readonly cases: Record<string, number>;
  readonly products: Record<string, number>;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, list: { type: 'boolean' }, save: { type: 'boolean' } },
});
const [folder] = positionals;
if (!folder) {
  console.error('Usage: node scripts/operator-suite/run.ts <folder> [--only text] [--list] [--save]');
  process.exit(2);
}

const figures = new Map<string, OperatorFigures>();
const total = { passed: 0, failed: 0, skipped: 0 };
for (const testCase of readCases(folder)) {
  if (values.only && !testCase.name.includes(values.only)) continue;
  const verdict = await verdictOf(testCase);
  record(testCase.operators.at(-1) ?? '', verdict);
  const outcome = outcomeOf(verdict);
  total[outcome]++;
  if (values.list && outcome === 'failed') tell(testCase.name, verdict);
}
const sorted = Object.fromEntries([...figures].sort(([a], [b]) => (a < b ? -1 : 1)));
if (!values.list)
  for (const [operator, counts] of Object.entries(sorted)) console.log(operator.padEnd(28), show(counts));
if (values.save) writeFileSync(RESULTS, `${JSON.stringify(sorted, null, 2)}\n`);
const sum = { cases: {}, products: {} };
for (const { cases, products } of figures.values()) {
  for (const [key, n] of Object.entries(cases)) add(sum.cases, key, n);
  for (const [key, n] of Object.entries(products)) add(sum.products, key, n);
}
console.log(`\n${show(sum)}\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;

async function verdictOf(testCase: OperatorCase | SkippedCase): Promise<Verdict | string> {
  return 'skipped' in testCase ? testCase.skipped : judge(testCase);
}

function record(operator: string, verdict: Verdict | string): void {
  const counts = figures.get(operator) ?? { cases: {}, products: {} };
  figures.set(operator, counts);
  if (typeof verdict === 'string') {
    add(counts.cases, 'skipped');
    return;
  }
  add(counts.cases, verdict.forward);
  for (const product of verdict.products) add(counts.products, product.verdict);
}

function add(counts: Record<string, number>, key: string, by = 1): void {
  counts[key] = (counts[key] ?? 0) + by;
}

/** A refusal counts as passed where differences are zero too: trees, comparisons. */
function outcomeOf(verdict: Verdict | string): keyof typeof total {
  if (typeof verdict === 'string' || verdict.forward === 'not_run_by_engine') return 'skipped';
  const wrong = verdict.products.some(
    (p) => p.verdict === 'disagrees' || p.verdict === 'fails' || p.verdict === 'refused',
  );
  return verdict.forward === 'same' && !wrong ? 'passed' : 'failed';
}

function tell(name: string, verdict: Verdict | string): void {
  if (typeof verdict === 'string') return;
  if (verdict.forward !== 'same') console.log(`${name}: ${verdict.forward}: ${verdict.reason}`);
  for (const { output, input, verdict: each, error, reason } of verdict.products) {
    if (each === 'agrees' || each === 'unclear' || each === 'refused_flat') continue;
    console.log(`${name}: d ${output} / d ${input} ${each} ${error?.toExponential(1) ?? ''} ${reason ?? ''}`);
  }
}

function show({ cases, products }: OperatorFigures): string {
  const list = (counts: Record<string, number>): string =>
    Object.entries(counts)
      .map(([key, n]) => `${n} ${key}`)
      .join(', ');
  return `${list(cases)}${Object.keys(products).length > 0 ? ` | ${list(products)}` : ''}`;
}
