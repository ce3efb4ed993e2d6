/** Compiled graphs of a model in the form that its first answer needs no compiler and no optimiser for. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, type TensorProto, TensorProto_DataLocation, TensorProtoSchema } from 'onnx-buf';
import { type ErrorCode, WhylightError } from '../../src/core/errors.ts';
import { isPreparable, type MethodToPrepare, needsOf, OPTIMIZE } from '../../src/core/explainer/prepare.ts';
import type { MethodRegistry } from '../../src/core/method/registry.ts';
import type { Model } from '../../src/core/model/model.ts';
import { COMPILE_LIMITS } from '../../src/core/onnx/compile-budget.ts';
import type { ModelBytes } from '../../src/core/onnx/model-bytes.ts';
import { ExternalStore } from '../../src/core/onnx/write/external.ts';
import { graphCompiler } from '../../src/core/plan/compile-variant.ts';
import { storeKey } from '../../src/core/plan/loader.ts';
import { type StoredGraph, storeGraph } from '../../src/core/plan/stored-graph.ts';
import { optimisedFile } from './optimiser.ts';

/** Bytes from which on a constant is kept out of the file of the graph. */
const THRESHOLD = 1024;

/**
 * Compiles the graphs that some methods need of a model, and optimises each as the engine of Workers does.
 * @returns graphs by their names in a store; none for a model with dims that only a request settles
 * Methods that the model has no graph for, such as a CAM of a model
 * without feature maps, are left out.
 * @throws WhylightError `method_not_found`, `engine_failure`
 */
export async function modelGraphs(
  model: Model,
  methods: readonly MethodToPrepare[],
  registry: MethodRegistry,
): Promise<ReadonlyMap<string, StoredGraph>> {
  const graphs = new Map<string, StoredGraph>();
  if (!isPreparable(model)) return graphs;
  const known = constantFinder(model);
  const wanted = [[], ...methods.map((method) => [method])].flatMap((some) => [
    ...(attempt(() => needsOf(model, some, registry).wanted) ?? []),
  ]);
  for (const [key, needs] of new Map(wanted)) {
    const settings = { optimize: OPTIMIZE, limits: COMPILE_LIMITS };
    const graph = attempt(() => graphCompiler.compile(model, needs, settings));
    if (!graph) continue;
    const { openBatch, ...file } = graph.file();
    const optimised = withWeightsApart(await optimisedFile(file), file, known);
    const stored = storeGraph(graph.describe(key), { ...optimised, ...(openBatch && { openBatch }) }, model);
    if (stored) graphs.set(storeKey(model, key), { ...stored, optimised: true });
  }
  return graphs;
}

/** Errors that say of a method that the model has no graph for it. */
const UNFIT: readonly ErrorCode[] = [
  'unprocessable_method',
  'not_differentiable',
  'layer_not_found',
  'compilation_limit',
];

/** Returns undefined where the model has no graph for the method: whoever asks for it is told why. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (UNFIT.some((code) => WhylightError.is(error, code))) return undefined;
    throw error;
  }
}

/**
 * The optimised file with its large constants in a second one, where each is the model's own bytes if it has the same.
 * @param before file that was optimised; constants that the optimisers left alone are still named as they lie in it
 */
function withWeightsApart(
  optimised: Uint8Array,
  before: ModelBytes,
  known: (bytes: Uint8Array) => Uint8Array,
): ModelBytes {
  const proto = fromBinary(ModelProtoSchema, optimised);
  const store = new ExternalStore('weights.bin', THRESHOLD);
  const apart = (tensor: TensorProto): TensorProto => {
    const { name, dims, dataType } = tensor;
    const bytes = contentOf(tensor, before);
    if (bytes.byteLength < THRESHOLD) return tensor;
    return create(TensorProtoSchema, {
      ...{ name, dims, dataType },
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: store.position(known(bytes)),
    });
  };
  if (proto.graph) proto.graph.initializer = proto.graph.initializer.map(apart);
  return { graph: toBinary(ModelProtoSchema, proto), ...(store.used && { external: [store.file()] }) };
}

/** Bytes of a constant, wherever they are. */
function contentOf({ rawData, externalData }: TensorProto, { external = [] }: ModelBytes): Uint8Array {
  if (externalData.length === 0) return rawData;
  const { location, offset, length } = Object.fromEntries(externalData.map(({ key, value }) => [key, value]));
  const data = external.find(({ path }) => path === location)?.data ?? new Uint8Array(0);
  return data.subarray(Number(offset), Number(offset) + Number(length));
}

/** Finds the constant of the model with the same content; the bytes themselves where there is none. */
function constantFinder({ graph }: Model): (bytes: Uint8Array) => Uint8Array {
  const bySize = new Map<number, Uint8Array[]>();
  for (const { bytes } of graph.constants.values()) {
    bySize.set(bytes.byteLength, [...(bySize.get(bytes.byteLength) ?? []), bytes]);
  }
  return (bytes) => bySize.get(bytes.byteLength)?.find((one) => Buffer.compare(one, bytes) === 0) ?? bytes;
}
