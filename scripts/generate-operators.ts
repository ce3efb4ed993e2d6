/**
 * Writes docs/operators.md from the rules themselves: what can be differentiated, since when, by which convention, and on
 * how many cases each rule was compared with central differences. `--check` writes nothing and fails when it is outdated.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decompositions } from '../src/core/autodiff/decompose/index.ts';
import { type Rule, ruleKey } from '../src/core/autodiff/rule.ts';
import { gradientRules } from '../src/core/autodiff/rules/index.ts';
import { counted } from '../src/core/counted.ts';
import { OPERATOR_ROWS, type OperatorTraits } from '../src/core/onnx/operators.ts';
import { MAX_OPSET, MIN_OPSET } from '../src/core/onnx/upgrade.ts';

const FILE = 'docs/operators.md';
const COMPILER = 'src/core/autodiff';

const name = (rule: Rule): string => (rule.domain ? `${rule.domain} ${rule.op}` : rule.op);
const link = (rule: Rule): string =>
  rule.domain ? name(rule) : `[${rule.op}](https://onnx.ai/onnx/operators/onnx__${rule.op}.html)`;
const checked = (rule: Rule): string => (rule.surrogate ? 'by definition' : counted(rule.cases.length, 'case'));

/** Traits other than the cost, in words. */
function traitsText(traits: OperatorTraits): string {
  const { weights, linear, elementwise, activation, normalization, pooling, transparent, featureMap } = traits;
  return [
    weights && `weights in input ${weights.join(' or ')}`,
    linear && `linear (${linear})`,
    activation && 'activation',
    elementwise && `${elementwise} function of one element`,
    normalization && 'normalisation',
    pooling && `${pooling} pooling`,
    transparent && `transparent (${transparent})`,
    featureMap === 'yes' && 'gives a feature map',
    featureMap === 'never' && 'ends a feature map',
    traits.movesData && 'moves data',
  ]
    .filter(Boolean)
    .join(', ');
}

const traitRows = OPERATOR_ROWS.map(
  ([domain, operators, traits]) =>
    `| ${domain ? `${domain}: ` : ''}${operators.replaceAll(' ', ', ')} | ${traits.flops.formula} | ${traitsText(traits)} |`,
);

interface SuiteFigures {
  readonly cases: Readonly<Record<string, number>>;
  readonly products: Readonly<Record<string, number>>;
}

/** Figures of the last run of the operator suite, for operators that the engine runs. */
function suiteRows(): string[] {
  const figures = JSON.parse(readFileSync('scripts/operator-suite/results.json', 'utf8')) as Record<
    string,
    SuiteFigures
  >;
  return Object.entries(figures).flatMap(([operator, { cases, products }]) => {
    const { same = 0, not_run_by_engine: _, skipped: __, ...others } = cases;
    const run = same + Object.values(others).reduce((sum, n) => sum + n, 0);
    if (run === 0) return [];
    const { agrees = 0, disagrees = 0, refused = 0, ...rest } = products;
    const open = Object.values(rest).reduce((sum, n) => sum + n, 0);
    return [`| ${operator} | ${run} | ${same} | ${agrees} | ${disagrees} | ${refused} | ${open} |`];
  });
}

/** File of each rule or decomposition, relative to the compiler's folder. */
async function filesOf(folder: 'rules' | 'decompose'): Promise<ReadonlyMap<unknown, string>> {
  const files = new Map<unknown, string>();
  for (const name of readdirSync(`${COMPILER}/${folder}`).filter((file) => file !== 'index.ts')) {
    const module: object = await import(pathToFileURL(resolve(COMPILER, folder, name)).href);
    for (const member of Object.values(module))
      if (Array.isArray(member)) for (const rule of member) files.set(rule, `\`${folder}/${name}\``);
  }
  return files;
}

async function page(): Promise<string> {
  const [ruleFiles, decompositionFiles] = [await filesOf('rules'), await filesOf('decompose')];
  const rules = [...gradientRules].sort((a, b) => (ruleKey(a.op, a.domain) < ruleKey(b.op, b.domain) ? -1 : 1));
  const derived = rules.filter((rule) => !rule.surrogate);
  const rows = rules.map(
    (rule) =>
      `| ${link(rule)} | ${rule.since.join(', ')} | ${rule.surrogate ? 'surrogate' : 'derivative'} | ${checked(rule)} | ${ruleFiles.get(rule)} | ${rule.note ?? ''} |`,
  );
  const parts = [...decompositions.values()]
    .map((part) => {
      const { op, domain, note = '' } = part;
      return `| ${domain ? `${domain} ` : ''}${op} | ${decompositionFiles.get(part)} | ${note} |`;
    })
    .sort();
  return `<!-- Written by scripts/generate-operators.ts. Do not edit. -->
# Operators

The compiler differentiates ${rules.length} operators: ${derived.length} by their derivative, ${rules.length - derived.length} by a signal that is
chosen (zero where a function is flat, straight through where it rounds). Models of operator sets ${MIN_OPSET} to ${MAX_OPSET} are read; whatever an
older operator set spelled differently is rewritten first, so each rule is written once.

*Checked*: on so many inputs, attributes and broadcasts the rule was compared with central differences of the operator
itself, run by onnxruntime (\`test/core/autodiff/rules.test.ts\`). Files are relative to \`src/core/autodiff\`.

| Operator | Versions | Backward signal | Checked | File | Convention |
|---|---|---|---|---|---|
${rows.join('\n')}

These are taken apart into operators with rules, where they stand between input and scores (checked against onnxruntime's
own operator and by central differences, \`test/core/autodiff/decompose*.test.ts\`, \`quantization.test.ts\`):

| Operator | File | Which forms |
|---|---|---|
${parts.join('\n')}

An operator that is in neither table stops gradient methods with \`not_differentiable\`, which lists every such node of the model.
Perturbation methods need no rules. [CONTRIBUTING.md](../CONTRIBUTING.md) says how to add one.

## Traits

\`src/core/onnx/operators.ts\` holds what else is known of an operator: where the weights of a layer are, which operators are
activations, which only move data, and how many floating point operations a node takes (a multiplication and an addition
are one each). Cost estimates, the choice of layers, LRP, DeepLIFT and the randomisation of weights read this table.

| Operators | FLOPs | Traits |
|---|---|---|
${traitRows.join('\n')}

An operator without a row counts one operation per output element.

## Operator suite

The node tests that Python's \`onnx\` 1.23.2 generates, run by onnxruntime 1.30 as they are and after reading, compiling and
writing (\`scripts/operator-suite/run.ts\`), by the last operator of each test. *Same*: equal outputs; of operators that
onnxruntime does not run, but whylight takes apart, those that the test states. Vector-Jacobian products, one for each
pair of a floating point output and input, are compared with central differences. *Refused* names what it cannot
differentiate; most of these take as an input what exporters write as a constant. *Open*: at a kink, where differences
say nothing, flat, or the run failed.

| Operator | Run | Same | Agree | Disagree | Refused | Open |
|---|---|---|---|---|---|---|
${suiteRows().join('\n')}
`;
}

const text = await page();
if (process.argv.includes('--check')) {
  if (readFileSync(FILE, { encoding: 'utf8', flag: 'r' }) !== text) {
    console.error(`${FILE} is outdated: run "npx node scripts/generate-operators.ts".`);
    process.exitCode = 1;
  }
} else {
  writeFileSync(FILE, text);
}
