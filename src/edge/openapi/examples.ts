/** Examples of requests and responses in the OpenAPI document. They answer as they stand on a server with its own models. */

import { WhylightError } from '../../core/errors.ts';
import { problemOf } from '../http/problem.ts';

/** Values of path parameters. */
export const PATH_EXAMPLES: Readonly<Record<string, string>> = {
  model: 'italy_power',
  version: '1',
  method: 'integrated_gradients',
  tenant: 'acme',
  id: '0f8fad5bd9cb469fa16570867728950e',
  key: '0123456789ab',
};

/** Demand of each hour of a day, standardised: a row of the shipped model italy_power. */
const DEMAND = [
  -0.7, -1.1, -1.4, -1.5, -1.5, -1.3, -1, -0.3, 0.4, 0.8, 0.9, 0.9, 0.8, 0.5, 0.4, 0.4, 0.5, 1.2, 1.6, 1.5, 1.1, 0.5, 0,
  -0.4,
];

const series = { name: 'series', datatype: 'FP32', shape: [1, 1, 24], data: DEMAND };

/** A request of the Open Inference Protocol. */
export const INFERENCE_EXAMPLE = { id: 'r-42', inputs: [series] };

/** A request for an explanation. */
export const EXPLANATION_EXAMPLE = {
  parameters: { method: 'integrated_gradients', n_steps: 16, target: 'winter' },
  inputs: [series],
};

/** A request of KServe's V1 protocol. */
export const INSTANCES_EXAMPLE = { instances: [[DEMAND]] };

/** An answer of the Open Inference Protocol. */
export const ANSWER_EXAMPLE = {
  model_name: 'italy_power',
  model_version: '1',
  id: 'r-42',
  parameters: { model_digest: '976bbb8f65881adb478fad546039e01512aff0facf43b03baecc7f608a838cf7' },
  outputs: [{ name: 'logits', shape: [1, 2], datatype: 'FP32', data: [3.241, -2.894] }],
};

const detail = 'There is no model named "italy_powr". Did you mean "italy_power"?';

/** A problem. */
export const PROBLEM_EXAMPLE = problemOf(
  new WhylightError('model_not_found', detail, { model: 'italy_powr', nearest: ['italy_power'] }),
  '6f1c2a9e-6f0e-4d1c-9a55-0b9a1f6f7a11',
);
