/** Instances of KServe's V1 protocol: reads them, converts them to request bodies, and predicts for them. */
import type { Context } from 'hono';
import { WhylightError } from '../../core/errors.ts';
import type { Model } from '../../core/model/model.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import { type Tensor, tensor } from '../../core/tensor/tensor.ts';
import { fromBase64 } from '../../protocol/base64.ts';
import { object, parse, scalars } from '../../protocol/json-members.ts';
import { leaves, type Parameters } from '../../protocol/open-inference.ts';
import { refuseMisplaced } from '../../protocol/unoffered.ts';
import { bytesOf } from '../http/arriving.ts';
import { type EdgeEnv, waitUntilOf } from '../http/env.ts';
import { answeringModel } from '../models/requested-model.ts';
import type { ServedModel } from '../models/served-model.ts';
import { withDeadline } from '../routing/deadline.ts';
import type { Services } from '../services.ts';
import { limitsFor } from '../tenants/tenant.ts';
import type { Body } from './body.ts';
import { type DataTypes, dataOf, dataTypesOf } from './data-body.ts';
import { inputOf } from './input.ts';
import { nested } from './nested.ts';
import { checkRows, rowsIn } from './rows.ts';

export interface V1Request {
  readonly instances?: unknown;
  readonly parameters?: unknown;
}

/**
 * Reads a request of the protocol. Its path ends with the model and a verb: `cifar10:explain`.
 * @param accept checks that the client accepts the answer, before the body is read
 */
export async function readInstances(
  c: Context<EdgeEnv>,
  services: Pick<Services, 'models'>,
  accept: () => void,
): Promise<{ readonly served: ServedModel; readonly request: V1Request }> {
  const [, model = ''] = /^(.+)(?::|%3a)[a-z]+$/i.exec(c.req.param('target') ?? '') ?? [];
  const served = await answeringModel(c, services.models, { model });
  accept();
  const request = object(parse(await bytesOf(c)), '');
  refuseMisplaced(request);
  c.set('positions', { parameters: Object.keys(request.parameters ?? {}), input: () => '#/instances' });
  return { served, request };
}

/** Runs the model on instances. @returns one prediction for each row, by output name where there are several outputs */
export async function predictInstances(
  c: Context<EdgeEnv>,
  services: Pick<Services, 'codecs' | 'decodeMemory' | 'explainer' | 'limits' | 'modalities'>,
  served: ServedModel,
  request: V1Request,
): Promise<unknown[]> {
  const { maxPixels, maxSamples, edgeMs } = limitsFor(c.get('tenant'), services.limits);
  const { model } = served;
  const names = model.graph.outputs.map(({ name }) => name);
  const bodies = instancesBody(request, model, await dataTypesOf(services.modalities, served));
  checkRows(bodies.length, maxSamples);
  const infer = (inputs: Inputs, ms: number) =>
    withDeadline(c.req.raw.signal, ms, (signal) =>
      services.explainer.infer(model, { inputs, names }, { signal, waitUntil: waitUntilOf(c) }),
    );
  const end = Date.now() + edgeMs;
  const predictions: unknown[] = [];
  for (const body of bodies) {
    const inputs = await inputOf(body, served, services, maxPixels).inputs();
    checkRows(rowsIn(inputs), maxSamples);
    predictions.push(...predictionsOf(await infer(inputs, Math.max(1, end - Date.now()))));
  }
  return predictions;
}

/** Splits outputs into rows. */
export function predictionsOf(outputs: Readonly<Record<string, Tensor>>): unknown[] {
  const rows = Object.values(outputs)[0]?.dims[0] ?? 0;
  return Array.from({ length: rows }, (_, row) => {
    const values = Object.entries(outputs).map(([output, { dims, data }]) => {
      const size = data.length / (dims[0] as number);
      return [output, nested(Array.from(data.slice(row * size, (row + 1) * size), Number), dims.slice(1))] as const;
    });
    return values.length === 1 ? values[0]?.[1] : Object.fromEntries(values);
  });
}

/**
 * Converts instances. Instances of numbers become one batch; each image becomes a body of its own.
 * @throws WhylightError `invalid_request` with a pointer to the mistake
 */
export function instancesBody({ instances, parameters: given }: V1Request, model: Model, types: DataTypes): Body[] {
  if (!Array.isArray(instances) || instances.length === 0) {
    throw invalid('"instances" must be a list of one or more instances.', '/instances');
  }
  const parameters: Parameters = scalars(given, '/parameters');
  const images = instances.map(imageOf);
  if (images.every((text) => text !== undefined)) {
    return images.map((text, i) => ({ kind: 'image', bytes: fromBase64(text, `/instances/${i}`), parameters }));
  }
  const data = isNumeric(instances, model) ? undefined : jsonData(instances, types, parameters);
  if (data) return [data];
  const inputs = new Map(
    model.file.inputs.map(({ name, dtype }) => [name, tensorOf(instances, name, dtype, model.file.inputs.length)]),
  );
  return [{ kind: 'tensors', parameters, request: { parameters, inputs, outputs: [], binaryOutput: false } }];
}

/** Instances as data of the model's modality: texts, rows with named columns, series. */
const jsonData = (instances: readonly unknown[], types: DataTypes, parameters: Parameters): Body | undefined =>
  dataOf(new TextEncoder().encode(JSON.stringify(instances)), 'application/json', types, parameters);

/** True for instances that are tensors: lists of numbers, or an object with one for each input of the model. */
function isNumeric(instances: readonly unknown[], { file }: Model): boolean {
  const names = file.inputs.map(({ name }) => name);
  const isTensor = (value: unknown): boolean => leaves([value]).every((leaf) => typeof leaf === 'number');
  return instances.every((instance) =>
    isObject(instance)
      ? names.length === Object.keys(instance).length && names.every((name) => isTensor(instance[name]))
      : isTensor(instance),
  );
}

/** Batches the values of one input. */
function tensorOf(instances: readonly unknown[], name: string, dtype: Tensor['dtype'], inputCount: number): Tensor {
  const rows = instances.map((instance, i) => {
    const value = isObject(instance) ? instance[name] : inputCount === 1 ? instance : undefined;
    if (value !== undefined) return value;
    throw invalid(`The instance lacks the input "${name}".`, `/instances/${i}`);
  });
  const dims = shapeOf(rows);
  const values = leaves(rows);
  const bad = values.findIndex((value) => typeof value !== 'number' && typeof value !== 'boolean');
  if (bad >= 0 || values.length !== dims.reduce((a, b) => a * b, 1)) {
    throw invalid(`Input "${name}" must be numbers in lists of equal length.`, '/instances');
  }
  return tensor(dtype, dims, values.map(Number));
}

/** Returns the base64 text of `{"b64": "..."}`, bare or as the only member of an object. */
function imageOf(instance: unknown): string | undefined {
  if (!isObject(instance)) return undefined;
  if (typeof instance.b64 === 'string') return instance.b64;
  const [only, ...more] = Object.values(instance);
  return more.length === 0 && isObject(only) && typeof only.b64 === 'string' ? only.b64 : undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns the shape along the first elements; the caller compares its size with the number of values. */
function shapeOf(value: unknown): number[] {
  const dims: number[] = [];
  for (let at = value; Array.isArray(at); at = at[0]) dims.push(at.length);
  return dims;
}

function invalid(detail: string, pointer: string): WhylightError {
  return new WhylightError('invalid_request', detail, { errors: [{ detail, pointer: `#${pointer}` }] });
}
