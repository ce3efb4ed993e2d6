/**
 * The graph that everything in the core works on: ONNX's own vocabulary as plain, readonly-by-habit data.
 * `read.ts` makes it from bytes, `write.ts` turns it back. A graph that comes from `read` is at {@link OPSET}: whatever
 * older operator sets spelled differently was rewritten by `upgrade/`, so that nothing else asks about versions.
 */
import type { DataType } from '../tensor/tensor.ts';
import type { EncodedList } from './encoded-list.ts';
import type { WordInput } from './words/dictionary.ts';

/** The version of `ai.onnx` that every graph in memory speaks. */
export const OPSET = 21;

/**
 * One dim of a shape: a number, or a product in canonical text such as `N`, `49*N`, `N*T` (see `dims.ts`).
 * Two dims are the same dim exactly if they are `===`.
 */
export type Dim = number | string;

/** A value's type as far as it is known; `dims` is absent when not even the rank is known. */
export interface TensorType {
  readonly dtype: DataType;
  readonly dims?: readonly Dim[];
}

/** A constant: row-major little-endian bytes, usually a view on the file that was read. */
export interface Constant {
  readonly dtype: DataType;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
  /** Bits of each number in the file, where they are fewer than those of `dtype`. */
  readonly bits?: 2 | 4;
}

/** Attribute of a node; long lists of tree ensembles stay encoded, and those who read lists decode them. */
export type Attribute =
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'ints'; readonly value: readonly number[] }
  | { readonly type: 'floats'; readonly value: readonly number[] }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'encoded'; readonly value: EncodedList }
  | { readonly type: 'tensor'; readonly value: Constant }
  | { readonly type: 'graph'; readonly value: Graph };

/** Node of a graph: an operator with the names of its inputs and outputs. */
export interface Node {
  readonly name: string;
  readonly op: string;
  /** `''` is `ai.onnx`. */
  readonly domain: string;
  /** Names of values; `''` stands for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface ValueInfo extends TensorType {
  readonly name: string;
  /** A sequence of such tensors: loops may carry one, a model neither takes nor gives one. */
  readonly sequence?: true;
  /** The file leaves the type open; `dtype` is a guess that is not written. */
  readonly untyped?: true;
  /** An input without rows, which all rows of a run share. */
  readonly whole?: true;
  /** The file's input holds words; in the graph it takes their codes. */
  readonly words?: WordInput;
}

/**
 * ONNX graph as plain data. Made by `read` or a `GraphBuilder`, turned into a file by `write`.
 * @see https://onnx.ai/onnx/repo-docs/IR.html
 */
export interface Graph {
  readonly name: string;
  /** Operator set versions by domain, `''` for `ai.onnx`. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly constants: ReadonlyMap<string, Constant>;
  /** In topological order. */
  readonly nodes: readonly Node[];
  /** Types that the file declares for values, by name: used behind operators that inference does not know. */
  readonly declared?: ReadonlyMap<string, TensorType>;
  /** True where the file computes in float16, and the graph in float32 in its place. */
  readonly computesHalf?: boolean;
}
