/** Engine over the interface of onnxruntime-common, which onnxruntime-web and onnxruntime-node both have. */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import { nearest, WhylightError } from '../errors.ts';
import type { ModelBytes } from '../onnx/model-bytes.ts';
import type { Engine, Session, Tensors } from './engine.ts';
import { Mutex } from './mutex.ts';
import { createFailure, releasedFailure, runFailure } from './onnxruntime-errors.ts';
import { fromOrt, type Ort, toOrt } from './onnxruntime-tensors.ts';

/** Options of onnxruntime that fit every model; `externalData` comes from the model. */
export type OrtOptions = Omit<InferenceSession.SessionOptions, 'externalData'>;

/** Calls of one package, by the package: engines may share it. */
const mutexOf = new WeakMap<object, Mutex>();

/** Lets a call begin: at once, or when it is its turn. */
type Begin = <T>(call: () => Promise<T>) => Promise<T>;

function beginOf(ort: Ort, serial: boolean): Begin {
  if (!serial) return (call) => call();
  const mutex = mutexOf.get(ort) ?? new Mutex();
  mutexOf.set(ort, mutex);
  return (call) => mutex.run(call);
}

/**
 * An engine over an onnxruntime.
 * @param name for reports and cache keys
 * @param boot gives the package once it is ready to make sessions
 * @param serial the package bears one call at a time: the WebAssembly build
 */
export function createOrtEngine(
  name: string,
  boot: () => Ort | Promise<Ort>,
  options: OrtOptions = {},
  { serial = false }: { readonly serial?: boolean } = {},
): Engine {
  return {
    name,
    mixesRows: true,
    async load({ graph, external, unoptimised }: ModelBytes): Promise<Session> {
      const ort = await boot();
      const begin = beginOf(ort, serial);
      try {
        const session = await begin(() =>
          ort.InferenceSession.create(graph, {
            // onnxruntime writes straight to the console, past every log; what matters comes back as an error.
            logSeverityLevel: 4,
            ...options,
            ...(unoptimised && { graphOptimizationLevel: 'disabled' as const }),
            ...(external && external.length > 0 ? { externalData: [...external] } : {}),
          }),
        );
        return new OrtSession(name, ort, session, begin);
      } catch (error) {
        throw createFailure(name, error);
      }
    },
  };
}

class OrtSession implements Session {
  private readonly engine: string;
  private readonly ort: Ort;
  private readonly session: InferenceSession;
  private readonly begin: Begin;
  private readonly running = new Set<Promise<unknown>>();
  private released?: Promise<void>;

  constructor(engine: string, ort: Ort, session: InferenceSession, begin: Begin) {
    this.begin = begin;
    this.engine = engine;
    this.ort = ort;
    this.session = session;
  }

  async run(feeds: Tensors, fetches?: readonly string[]): Promise<Tensors> {
    if (this.released) throw releasedFailure();
    checkFeeds(this.session.inputMetadata, feeds);
    const wanted = checkFetches(this.session.outputMetadata, fetches);
    if (wanted.length === 0) return {};
    const ortFeeds: Record<string, OrtTensor> = {};
    for (const [name, tensor] of Object.entries(feeds)) ortFeeds[name] = toOrt(this.ort, name, tensor);
    const run = this.begin(() => this.session.run(ortFeeds, wanted));
    this.running.add(run);
    try {
      const results = await run;
      return Object.fromEntries(wanted.map((name) => [name, fromOrt(name, results[name] as OrtTensor)]));
    } catch (error) {
      throw WhylightError.is(error) ? error : runFailure(this.engine, error);
    } finally {
      this.running.delete(run);
    }
  }

  release(): Promise<void> {
    this.released ??= Promise.allSettled(this.running).then(() => this.begin(() => this.session.release()));
    return this.released;
  }
}

function checkFeeds(inputs: readonly InferenceSession.ValueMetadata[], feeds: Tensors): void {
  const names = inputs.map(({ name }) => name);
  const missing = names.filter((name) => feeds[name] === undefined);
  const unknown = Object.keys(feeds).filter((name) => !names.includes(name));
  if (missing.length > 0 || unknown.length > 0) {
    const faults = [
      missing.length > 0 ? `${list(missing)} is missing` : '',
      unknown.length > 0 ? `${list(unknown)} is not an input of the model` : '',
    ];
    throw new WhylightError(
      'invalid_tensor',
      `The inputs do not fit: ${faults.filter(Boolean).join('; ')}. Give one tensor for each of ${list(names)}.`,
      { missing, unknown, inputs: names },
    );
  }
  for (const input of inputs) checkFeed(input, feeds[input.name] as Tensors[string]);
}

function checkFeed(input: InferenceSession.ValueMetadata, { dtype, dims }: Tensors[string]): void {
  if (!input.isTensor) {
    throw new WhylightError(
      'invalid_tensor',
      `Input "${input.name}" takes a sequence or a map, which cannot be fed. Use a model whose inputs are tensors.`,
      { input: input.name },
    );
  }
  if (input.type !== dtype) {
    throw new WhylightError(
      'invalid_tensor',
      `Input "${input.name}" takes ${input.type} elements, not ${dtype}. Convert the tensor to ${input.type}.`,
      { input: input.name, expected: input.type, given: dtype },
    );
  }
  // An input of unknown rank reads like a scalar here; onnxruntime itself knows the difference.
  const fits =
    input.shape.length === 0 ||
    (input.shape.length === dims.length && input.shape.every((d, i) => typeof d === 'string' || d === dims[i]));
  if (!fits) {
    throw new WhylightError(
      'invalid_tensor',
      `Input "${input.name}" takes the shape ${shapeText(input.shape)}, not ${shapeText(dims)}.`,
      { input: input.name, expected: input.shape, given: dims },
    );
  }
}

/** Without a wish: every output that is a tensor of numbers (classifiers of scikit-learn also give maps and texts). */
function checkFetches(outputs: readonly InferenceSession.ValueMetadata[], fetches?: readonly string[]): string[] {
  if (!fetches) return outputs.filter(isNumeric).map(({ name }) => name);
  for (const name of fetches) {
    const output = outputs.find((o) => o.name === name);
    if (!output) {
      const names = outputs.map((o) => o.name);
      throw new WhylightError('layer_not_found', `The graph has no output "${name}". Its outputs are ${list(names)}.`, {
        name,
        nearest: nearest(name, names),
        outputs: names,
      });
    }
    if (!isNumeric(output)) {
      throw new WhylightError(
        'engine_failure',
        `Output "${name}" is not a tensor of numbers and cannot be read. Ask for ${list(outputs.filter(isNumeric).map((o) => o.name)) || 'another model'}.`,
        { name },
      );
    }
  }
  return [...new Set(fetches)];
}

const isNumeric = (value: InferenceSession.ValueMetadata): boolean => value.isTensor && value.type !== 'string';

const list = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

const shapeText = (dims: readonly (number | string)[]): string =>
  `[${dims.map((d) => (d === '' ? '?' : d)).join(', ')}]`;
