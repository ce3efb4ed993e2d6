/** Result of the inspection of an upload, as the edge answers it and as an origin sends it. */
import type { Inspection } from '../../tools/inspect.ts';

/** Facts about a model that was accepted. All of it is JSON. */
export interface UploadReport extends Pick<Inspection, 'inputs' | 'outputs' | 'opsets' | 'memory'> {
  /** Digest of the ONNX file and its external data. */
  readonly digest: string;
  /** Tensor that is explained. */
  readonly scores: string;
  /** Default layer of CAM methods. */
  readonly target_layer?: string;
  readonly operators_without_rule: readonly string[];
  /** Ids of the methods that apply. */
  readonly methods: readonly string[];
}

/** Takes the report out of an inspection. */
export const uploadReport = (inspection: Inspection): UploadReport => {
  const { model, inputs, outputs, opsets, scores, camLayer, memory, operators, methods } = inspection;
  return {
    digest: model.digest,
    inputs,
    outputs,
    opsets,
    scores: scores.tensor,
    ...(camLayer && { target_layer: camLayer.name }),
    memory,
    operators_without_rule: operators.filter(({ rule }) => rule === 'missing').map(({ op }) => op),
    methods: methods.filter(({ runs }) => runs).map(({ method }) => method),
  };
};
