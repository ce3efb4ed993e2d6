import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { read } from '../../../src/core/onnx/read.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { graphOf, leaf, regressor, split } from '../trees/ensembles.ts';

/** The file of a graph without a version of ai.onnx. */
function unversioned(graph: Graph): Uint8Array {
  const model = fromBinary(ModelProtoSchema, write(graph).graph);
  model.opsetImport = model.opsetImport.filter(({ domain }) => domain !== '');
  return toBinary(ModelProtoSchema, model);
}

describe('read', () => {
  it('opens a file that imports ai.onnx.ml alone, as XGBoost and CatBoost write it', () => {
    const trees = graphOf(regressor([split(0, 1, leaf(0), leaf(1))]), 1);
    const graph = read(unversioned(trees));
    expect(graph.opsets).toEqual({ '': 21, 'ai.onnx.ml': 3 });
    expect(graph.nodes).toHaveLength(1);
  });

  it('refuses operators of ai.onnx without a version', () => {
    const g = GraphBuilder.empty();
    const negative = g.build([g.op('Neg', [g.input('x', 'float32', ['N', 1])])]);
    expect(() => read(unversioned(negative))).toThrow(/does not say of which operator set/);
  });
});
