/** Rewrites the operators that read words so that they read codes. */
import { intAttribute, intsAttribute, stringAttribute, stringsAttribute } from '../attributes.ts';
import { prune } from '../edit.ts';
import type { Attribute, Graph, Node, ValueInfo } from '../graph.ts';
import { invalid } from '../invalid.ts';
import { type Dictionary, UNKNOWN_WORD, type WordInput } from './dictionary.ts';
import { textInput } from './text-input.ts';

/** Number by which ONNX names the type of words, in Cast's `to`. */
const STRING = 8;

/** Operators that put elements elsewhere, whatever the elements are. */
const MOVES = new Set(
  (
    'Identity Reshape Concat Unsqueeze Squeeze Flatten Transpose Gather GatherElements GatherND Slice Expand Tile Split ' +
    'Where Compress ScatterElements ScatterND Pad ArrayFeatureExtractor FeatureVectorizer'
  ).split(' '),
);

/**
 * The graph with whole numbers in place of words. Each input that held words takes codes; its `words` say which.
 * @throws WhylightError `invalid_model` for an operator that changes or compares the letters of a text
 */
export function withCodes(whole: Graph, dictionary: Dictionary): Graph {
  const graph = prune(whole);
  const used = new Set(graph.nodes.flatMap(({ inputs }) => inputs));
  if (![...dictionary.holders].some((name) => used.has(name) || graph.inputs.some((input) => input.name === name))) {
    return graph;
  }
  const texts = new Map(graph.inputs.flatMap((input) => textOf(graph, input, dictionary)));
  const gone = new Set([...texts.values()].flatMap(({ removed }) => removed));
  const words = new Set([...dictionary.holders, ...[...texts.values()].map(({ tokens }) => tokens)]);
  const renamed = new Map([...texts].map(([name, { tokens }]) => [tokens, name]));
  const nodes = graph.nodes
    .filter((node) => !gone.has(node))
    .map((node) =>
      encoded({ ...node, inputs: node.inputs.map((name) => renamed.get(name) ?? name) }, words, dictionary),
    );
  const list = dictionary.words;
  const inputs = graph.inputs.map((input): ValueInfo => {
    if (!dictionary.holders.has(input.name)) return input;
    const text = texts.get(input.name);
    const coding: WordInput = { words: list, ...(text && { split: text.split }) };
    return { ...input, words: coding, ...(text && { dims: [input.dims?.[0] ?? 'N', 'words'] }) };
  });
  const ml = graph.opsets['ai.onnx.ml'];
  // LabelEncoder between any two types exists from version 2 on; no other operator differs between 1 and 2.
  const opsets = ml === undefined ? graph.opsets : { ...graph.opsets, 'ai.onnx.ml': Math.max(ml, 2) };
  return { ...graph, inputs, nodes, opsets };
}

function textOf(graph: Graph, input: ValueInfo, dictionary: Dictionary) {
  const text = dictionary.holders.has(input.name) ? textInput(graph, input.name) : undefined;
  return text ? [[input.name, text] as const] : [];
}

function encoded(node: Node, words: Set<string>, dictionary: Dictionary): Node {
  const reads = node.inputs.some((name) => words.has(name));
  const made = encoderOf(node, reads, dictionary);
  if (made) {
    if (made.makesWords) for (const name of node.outputs) words.add(name);
    return made.node;
  }
  if (!reads) return node;
  if (node.op === 'Cast' && intAttribute(node, 'to', 0) === STRING) {
    for (const name of node.outputs) words.add(name);
    return { ...node, op: 'Identity', attributes: {} };
  }
  if (MOVES.has(node.op)) {
    for (const name of node.outputs) words.add(name);
    return node;
  }
  if (node.op === 'Equal' || node.op === 'Shape' || node.op === 'Size') return node;
  return invalid(
    `${node.op} "${node.name}" works on the letters of a text, and whylight reads words as categories only. Export the model from behind its text preparation.`,
    { node: node.name, op: node.op },
  );
}

interface Encoder {
  readonly node: Node;
  readonly makesWords: boolean;
}

function encoderOf(node: Node, reads: boolean, dictionary: Dictionary): Encoder | undefined {
  if (node.op === 'TfIdfVectorizer' && reads) {
    return { node: withLists(node, { pool_strings: 'pool_int64s' }, dictionary), makesWords: false };
  }
  if (node.domain !== 'ai.onnx.ml') return undefined;
  if (node.op === 'OneHotEncoder' && reads) {
    return { node: withLists(node, { cats_strings: 'cats_int64s' }, dictionary), makesWords: false };
  }
  if (node.op === 'CategoryMapper') return mapper(node, reads, 'cats_strings', 'cats_int64s', dictionary);
  if (node.op !== 'LabelEncoder') return undefined;
  // Version 1 counts the classes.
  if (node.attributes.classes_strings) return mapper(node, reads, 'classes_strings', undefined, dictionary);
  const makesWords = node.attributes.values_strings !== undefined;
  if (!reads && !makesWords) return undefined;
  const lists = {
    ...(reads && { keys_strings: 'keys_int64s' }),
    ...(makesWords && { values_strings: 'values_int64s' }),
  };
  const coded = withLists(node, lists, dictionary);
  return { node: makesWords ? withDefault(coded, dictionary) : coded, makesWords };
}

/** The node with lists of words replaced by lists of codes under other names. */
function withLists(node: Node, lists: Readonly<Record<string, string>>, dictionary: Dictionary): Node {
  const attributes: Record<string, Attribute> = { ...node.attributes };
  for (const [from, to] of Object.entries(lists)) {
    const list = stringsAttribute(node, from, []);
    if (list.length === 0) continue;
    delete attributes[from];
    attributes[to] = { type: 'ints', value: list.map((word) => dictionary.codeOf(word)) };
  }
  return { ...node, attributes };
}

function withDefault({ attributes: { default_string: given, ...attributes }, ...node }: Node, dictionary: Dictionary) {
  const word = given?.type === 'string' ? given.value : '_Unused';
  return {
    ...node,
    attributes: { ...attributes, default_int64: { type: 'int', value: dictionary.codeOf(word) } },
  } as Node;
}

/** Words to numbers, or numbers to words, as a LabelEncoder of version 2. */
function mapper(
  node: Node,
  reads: boolean,
  wordList: string,
  numberList: string | undefined,
  dictionary: Dictionary,
): Encoder {
  const codes = stringsAttribute(node, wordList, []).map((word) => dictionary.codeOf(word));
  const numbers = numberList ? intsAttribute(node, numberList, []) : codes.map((_, i) => i);
  const otherwise = reads
    ? intAttribute(node, 'default_int64', UNKNOWN_WORD)
    : dictionary.codeOf(stringAttribute(node, 'default_string', '_Unused'));
  return {
    makesWords: !reads,
    node: {
      ...node,
      op: 'LabelEncoder',
      attributes: {
        keys_int64s: { type: 'ints', value: reads ? codes : numbers },
        values_int64s: { type: 'ints', value: reads ? numbers : codes },
        default_int64: { type: 'int', value: otherwise },
      },
    },
  };
}
