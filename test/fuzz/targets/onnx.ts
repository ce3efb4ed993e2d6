/** ONNX files as an upload takes them: read, described, bounded, and tried with every method up to the compiled graph. */
import { readFileSync } from 'node:fs';
import { plugins } from '#plugins';
import { ISOLATE_LIMITS } from '../../../src/core/limits.ts';
import { MethodRegistry } from '../../../src/core/method/registry.ts';
import { Model } from '../../../src/core/model/model.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { declaredOpsets } from '../../../src/core/onnx/read.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { checkUploadSize } from '../../../src/edge/models/upload-size.ts';
import { inspect, methodReports } from '../../../src/tools/inspect.ts';
import { quarters } from '../../support/other-models.ts';
import { recurrent } from '../../support/recurrent.ts';
import { smallNetwork } from '../../support/small-network.ts';
import { sumOfTokens } from '../../support/text-folder.ts';
import { denseModel, identityModel } from '../../support/tiny-models.ts';
import { transformer } from '../../support/transformer.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import { FuzzFault, type FuzzTarget } from '../target.ts';

const registry = new MethodRegistry(plugins);
const fileOf = (graph: Graph): Uint8Array => write(graph).graph;
const seeds = [
  new Uint8Array(readFileSync('models/italy_power/model.onnx')),
  identityModel().graph,
  denseModel(4).graph,
  fileOf(quarters()),
  fileOf(sumOfTokens()),
  fileOf(recurrent(3)),
  fileOf((await transformer()).graph),
  fileOf((await smallNetwork('Relu')).graph),
];

const METHOD_FAULT = 'method_failed';

export default {
  id: 'onnx',
  seeds,
  mutate: (seed, draw) => mutateBytes(seed, draw, seeds),
  async run(bytes) {
    const model = await Model.read({ bytes });
    checkUploadSize(model);
    inspect(model, new MethodRegistry([]), declaredOpsets(bytes));
    for (const { method, reason } of methodReports(model, registry, ISOLATE_LIMITS.compilation)) {
      if (reason?.startsWith(METHOD_FAULT)) throw new FuzzFault(`${method}: ${reason}`);
    }
    return 'accepted';
  },
} satisfies FuzzTarget;
