/** Interface to an inference runtime. An engine knows nothing of saliency; the rest of the core knows nothing of onnxruntime. */
import type { ModelBytes } from '../onnx/model-bytes.ts';
import type { Tensor } from '../tensor/tensor.ts';

export type Tensors = Readonly<Record<string, Tensor>>;

/**
 * Inference runtime that loads ONNX files into sessions. Another runtime is used by implementing this interface.
 *
 * @example
 * import { createExplainer, type Engine } from 'whylight';
 * const engine: Engine = { name: 'my-runtime', load: async ({ graph }) => openSession(graph) };
 * const explainer = createExplainer({ methods: [saliency], engine });
 */
export interface Engine {
  /** For reports and cache keys: `onnxruntime-web`, `onnxruntime-node`. */
  readonly name: string;
  /**
   * Bytes of tensors that a batch should take at most to run fast, where rows of a larger batch push each other out of
   * the processor's caches; left out where more rows are never slower.
   */
  readonly workingSet?: number;
  /** True if large tree ensembles are to run beside the engine, whose memory they would fill. */
  readonly treesBeside?: boolean;
  /** True if the inputs of one run may differ in their number of rows, a single row being broadcast by the graph. */
  readonly mixesRows?: boolean;
  /** True if {@link Session.run} does not block the calling thread. */
  readonly runsInBackground?: boolean;
  /**
   * Makes a session from a model file.
   * @throws WhylightError `invalid_model` or `unsupported_operator` when the engine refuses it.
   */
  load(model: ModelBytes): Promise<Session>;
  /**
   * Checks that the engine works, where it runs graphs that it already has; left out where any graph can be tried.
   * @throws WhylightError when it does not
   */
  check?(): Promise<void>;
  /** Gives memory back that the engine keeps for later; left out where there is none. */
  collect?(): Promise<void>;
}

/** Settings of one run. */
export interface RunOptions {
  /** Ends the wait for an engine that runs elsewhere. Engines in this process finish the batch. */
  readonly signal?: AbortSignal;
}

export interface Session {
  /**
   * Runs the graph once.
   * @param feeds every input of the graph by name
   * @param fetches names of the outputs wanted; all when left out
   * @throws WhylightError `invalid_tensor` for feeds that do not fit, `engine_failure` for anything else, the reason of the
   * signal when it is aborted.
   */
  run(feeds: Tensors, fetches?: readonly string[], options?: RunOptions): Promise<Tensors>;
  release(): Promise<void>;
}
