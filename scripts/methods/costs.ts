/** Cost of the methods, in rows, for one example model. */

import { WhylightError } from '../../src/core/errors.ts';
import type { Cost, Method } from '../../src/core/method/contract.ts';
import { parseParams } from '../../src/core/method/params.ts';
import type { MethodRegistry } from '../../src/core/method/registry.ts';
import { type ParameterSchema, parameterSchemas } from '../../src/core/method/schema.ts';
import { type BoundInfo, Model } from '../../src/core/model/model.ts';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import { write } from '../../src/core/onnx/write.ts';
import { code } from './markdown.ts';

/** 3x224x224 images, a last layer of 512 maps of 7x7, 1000 classes. */
export async function exampleModel(): Promise<BoundInfo> {
  const g = GraphBuilder.empty('example');
  const zeros = (dims: number[]) =>
    g.constant('float32', dims, new Float32Array(dims.reduce((size, extent) => size * extent, 1)));
  const image = g.input('image', 'float32', ['N', 3, 224, 224]);
  const maps = g.op('Relu', [g.op('Conv', [image, zeros([512, 3, 32, 32]), zeros([512])], { strides: [32, 32] })]);
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [maps])]);
  const logits = g.op('Gemm', [pooled, zeros([512, 1000]), zeros([1000])]);
  const model = await Model.read({ bytes: write(g.build([g.named(logits, 'logits')])).graph });
  return model.info();
}

export interface Costs {
  /** In words; undefined where the method does not apply to the example, or the parameters do not go together. */
  of(method: Method, raw?: Readonly<Record<string, unknown>>): string | undefined;
  /** Rows of a table: what the cost becomes when one parameter is changed; only where it changes. */
  changes(method: Method): string[];
}

export function costsFor(info: BoundInfo, registry: MethodRegistry): Costs {
  const of: Costs['of'] = (method, raw = {}) => {
    try {
      return inWords(method.cost(parseParams(method, raw), info, registry, { baselines: 0 }));
    } catch (error) {
      if (WhylightError.is(error)) return undefined;
      throw error;
    }
  };
  const changes: Costs['changes'] = (method) => {
    const usual = of(method);
    if (usual === undefined) return [];
    return Object.entries(parameterSchemas(method.params)).flatMap(([name, schema]) =>
      others(schema).flatMap((value) => {
        const cost = of(method, { [name]: value });
        return cost === undefined || cost === usual ? [] : [`| \`${name}\` = ${code(value)} | ${cost} |`];
      }),
    );
  };
  return { of, changes };
}

function inWords({ forwards, backwards }: Cost): string {
  const parts = [
    forwards > 0 && `${forwards} ${forwards === 1 ? 'forward' : 'forwards'}`,
    backwards > 0 && `${backwards} ${backwards === 1 ? 'gradient' : 'gradients'}`,
  ].filter((part) => part !== false);
  return parts.join(' + ') || 'none';
}

/** Another value for a parameter, to see whether the cost depends on it. */
function others({ type, default: value, enum: choices }: ParameterSchema): unknown[] {
  if (type === 'boolean') return [!value];
  if (choices) return choices.filter((choice) => choice !== value);
  if ((type === 'integer' || type === 'number') && typeof value === 'number') return [value * 2];
  return [];
}
