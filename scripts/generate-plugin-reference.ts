/**
 * Writes docs/plugin-reference.md from the sources: the members and parameters of each family, and every export of
 * `whylight/plugin` and `whylight/testing` with the first sentence of its comment. `--check` writes nothing and fails when
 * it is outdated.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import ts from 'typescript';
import type { Method } from '../src/core/method/contract.ts';
import { parameterSchemas } from '../src/core/method/schema.ts';
import * as plugin from '../src/package/plugin.ts';

const FILE = 'docs/plugin-reference.md';

/** Entry points, by the file that each is built from. */
const ENTRIES = { 'whylight/plugin': 'src/package/plugin.ts', 'whylight/testing': 'src/testing/node.ts' } as const;

const about = {
  title: 'Example',
  summary: 'For its parameters.',
  properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
};
const base = { id: 'example', revision: 1, about };

/** Definition type of each family, and methods of it, whose parameters are those of the family. */
const FAMILIES: Readonly<Record<string, { definition: string; methods: Readonly<Record<string, Method>> }>> = {
  defineSinglePass: {
    definition: 'SinglePassDefinition',
    methods: { '': plugin.defineSinglePass({ ...base, strategy: 'gradient', needs: () => ({}) }) },
  },
  defineBackprop: {
    definition: 'BackpropDefinition',
    methods: { '': plugin.defineBackprop({ ...base, ruleset: plugin.gradient, clipRuleset: plugin.gradient }) },
  },
  defineCam: {
    definition: 'CamDefinition',
    methods: {
      'with `weights` or `contributions`': plugin.defineCam({ ...base, weights: () => [] }),
      'with `map`': plugin.defineCam({ ...base, map: () => [] }),
    },
  },
  definePathMethod: {
    definition: 'PathDefinition',
    methods: {
      'with `nodes`': plugin.definePathMethod({
        ...base,
        nodes: () => ({ alphas: new Float64Array(), weights: new Float64Array() }),
      }),
      'with `fold`': plugin.definePathMethod({ ...base, fold: () => 0 }),
    },
  },
  defineFeatureMethod: {
    definition: 'FeatureDefinition',
    methods: {
      '': plugin.defineFeatureMethod({
        ...base,
        mask: { mask: 'grid', grid: 7, segments: 49 },
        cost: () => 0,
        explain: async () => ({ values: {} }),
      }),
    },
  },
  definePerturbation: {
    definition: 'PerturbationDefinition',
    methods: { '': plugin.definePerturbation({ ...base, mask: () => {}, fold: () => {} }) },
  },
};

const program = ts.createProgram(Object.values(ENTRIES), {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
  types: [],
});
const checker = program.getTypeChecker();

/** Declaration that an export stands for, behind the names that it is passed on under. */
const resolved = (symbol: ts.Symbol): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

function exportsOf(file: string): readonly ts.Symbol[] {
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error(`${file} is no module.`);
  return checker.getExportsOfModule(module);
}

/** The first sentence of the comment; that of the export itself where the declaration has none. */
function sentenceOf(symbol: ts.Symbol): string {
  const comments = [resolved(symbol), symbol].map((one) =>
    ts.displayPartsToString(one.getDocumentationComment(checker)),
  );
  const text = (comments.find(Boolean) ?? commentOf(symbol))
    .replaceAll(/\{@link (?:\w+\.)?(\w+)\}/g, '`$1`')
    .replaceAll(/\s+/g, ' ');
  const [sentence = ''] = /^.*?\.(?= [A-Z`]|$)/.exec(text) ?? [text];
  if (sentence === '')
    throw new Error(`"${symbol.name}" has no comment: begin one with a sentence that says what it is.`);
  return sentence.replaceAll('|', '\\|');
}

/** The comment of the statement that passes a namespace on. */
function commentOf({ declarations: [declaration] = [] }: ts.Symbol): string {
  const [comment] = declaration ? ts.getJSDocCommentsAndTags(declaration.parent) : [];
  return typeof comment?.comment === 'string' ? comment.comment : '';
}

function kindOf(symbol: ts.Symbol): string {
  const { flags } = resolved(symbol);
  if (flags & ts.SymbolFlags.Class) return 'class';
  if (flags & ts.SymbolFlags.Function) return 'function';
  if (flags & ts.SymbolFlags.Variable) return isFunction(resolved(symbol)) ? 'function' : 'constant';
  return flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias) ? 'type' : 'namespace';
}

const isFunction = (symbol: ts.Symbol): boolean => checker.getTypeOfSymbol(symbol).getCallSignatures().length > 0;

const KINDS = ['function', 'constant', 'class', 'namespace', 'type'];

function exportTable(file: string): string {
  const rows = exportsOf(file)
    .map((symbol) => ({ kind: kindOf(symbol), name: symbol.name, sentence: sentenceOf(symbol) }))
    .sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.name.localeCompare(b.name, 'en'))
    .map(({ kind, name, sentence }) => `| \`${name}\` | ${kind} | ${sentence} |`);
  return `| Export | Kind | |\n|---|---|---|\n${rows.join('\n')}`;
}

const types = new Map(exportsOf(ENTRIES['whylight/plugin']).map((symbol) => [symbol.name, resolved(symbol)]));

/** Members of a type; of a union, those of every form. */
function membersOf(name: string): readonly ts.Symbol[] {
  const symbol = types.get(name);
  if (!symbol) throw new Error(`whylight/plugin exports no type ${name}.`);
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  const forms = type.isUnion() ? type.types : [type];
  return [...new Map(forms.flatMap((form) => form.getProperties()).map((member) => [member.name, member])).values()];
}

const isOptional = ({ flags }: ts.Symbol): boolean => (flags & ts.SymbolFlags.Optional) !== 0;

const memberRow = (member: ts.Symbol): string =>
  `| \`${member.name}\`${isOptional(member) ? ' (optional)' : ''} | ${sentenceOf(member)} |`;

function parameterText(method: Method): string {
  return Object.entries(parameterSchemas(method.params))
    .map(([name, { default: value }]) => `\`${name}\` (${JSON.stringify(value)})`)
    .join(', ');
}

const shared = membersOf('FamilyDefinition');

function familySection(name: string, { definition, methods }: (typeof FAMILIES)[string]): string {
  const own = membersOf(definition).filter((member) => !shared.some((other) => other.name === member.name));
  const parameters = Object.entries(methods).map(
    ([form, method]) => `Parameters${form && ` ${form}`}, with their defaults: ${parameterText(method)}.`,
  );
  return `### ${name}

| Member | |
|---|---|
${own.map(memberRow).join('\n')}

${parameters.join('\n\n')}`;
}

const page = `<!-- Written by scripts/generate-plugin-reference.ts. Do not edit. -->
# Reference for authors of plugins

The names that [plugins](plugins.md) explains in context. An editor shows the whole comment of each, with an example.

## Families

Every family takes these members:

| Member | |
|---|---|
${shared.map(memberRow).join('\n')}

${Object.entries(FAMILIES)
  .map(([name, family]) => familySection(name, family))
  .join('\n\n')}

${Object.entries(ENTRIES)
  .map(([entry, file]) => `## ${entry}\n\n${exportTable(file)}`)
  .join('\n\n')}
`;

if (!process.argv.includes('--check')) writeFileSync(FILE, page);
else if (readFileSync(FILE, 'utf8') !== page) {
  console.error(`${FILE} is outdated: run "npx node scripts/generate-plugin-reference.ts".`);
  process.exitCode = 1;
}
