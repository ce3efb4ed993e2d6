/** Compiled graph in the form in which engines load it. */

/**
 * ONNX file, with its large constants in files of their own where that saves memory (`externalData` of onnxruntime).
 */
export interface ModelBytes {
  readonly graph: Uint8Array;
  readonly external?: readonly {
    readonly path: string;
    readonly data: Uint8Array;
    /** Constants that the data consists of, where they came from. */
    readonly parts?: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
  }[];
  /** True if the first dim of every input and output is one open batch: rows of several runs may then share one run. */
  readonly openBatch?: boolean;
  /** Rows that one run should take at most; unbounded when left out. */
  readonly rows?: number;
  /** Number of nodes, where it is known. */
  readonly nodes?: number;
  /** True if the engine is to run the nodes as they are, without fusing or rewriting them: it has done so, or is not to. */
  readonly unoptimised?: boolean;
}
