/** Inputs that take whole texts: their normalisation and cutting into words, which happen outside of the graph. */
import { intAttribute, stringAttribute, stringsAttribute } from '../attributes.ts';
import { consumers } from '../edit.ts';
import type { Graph, Node } from '../graph.ts';
import type { TextSplit } from './dictionary.ts';

export interface TextInput {
  readonly split: TextSplit;
  /** Value that holds the words: codes of them take its place. */
  readonly tokens: string;
  /** Nodes that the cutting stands for. */
  readonly removed: readonly Node[];
}

/** Operators that put the texts of a batch, or the words of a text, in another shape. */
const SHAPES = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity']);

/**
 * Reads the chain StringNormalizer, Tokenizer (or StringSplit) behind an input, which ends at a TfIdfVectorizer.
 * @returns undefined for an input that is not cut into words
 */
export function textInput(graph: Graph, input: string): TextInput | undefined {
  const readers = consumers(graph);
  const removed: Node[] = [];
  let split: TextSplit = { letterCase: 'NONE', separators: [] };
  let cut = false;
  let dropsWords = false;
  let tokens = input;
  for (;;) {
    const [node, ...others] = readers.get(tokens) ?? [];
    if (!node || others.length > 0) return undefined;
    if (node.op === 'TfIdfVectorizer')
      return cut && !(dropsWords && countsPairs(node)) ? { split, tokens, removed } : undefined;
    if (node.op === 'StringNormalizer') {
      const letterCase = stringAttribute(node, 'case_change_action', 'NONE');
      if (letterCase === 'UPPER') return undefined;
      if (letterCase === 'LOWER') split = { ...split, letterCase };
      dropsWords ||= stringsAttribute(node, 'stopwords', []).length > 0;
    } else if (node.op === 'Tokenizer' || node.op === 'StringSplit') {
      const own = node.op === 'Tokenizer' ? tokenized(node) : { separators: [stringAttribute(node, 'delimiter', ' ')] };
      if (cut || own === undefined) return undefined;
      split = { ...split, ...own };
      cut = true;
    } else if (!SHAPES.has(node.op)) return undefined;
    removed.push(node);
    tokens = node.outputs[0] as string;
  }
}

/** Stop words are in no list of single words, but the words around one are neighbours once it is gone. */
const countsPairs = (node: Node): boolean => intAttribute(node, 'max_gram_length', 1) > 1;

/** @returns undefined for a Tokenizer that marks the ends of texts or leaves short words out */
function tokenized(node: Node): Partial<TextSplit> | undefined {
  if (intAttribute(node, 'mark', 0) === 1 || intAttribute(node, 'mincharnum', 1) > 1) return undefined;
  const pattern = stringAttribute(node, 'tokenexp', '');
  return {
    ...(pattern !== '' && { pattern }),
    separators: stringsAttribute(node, 'separators', []),
  };
}
