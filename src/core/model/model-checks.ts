/** Checks of a model file against its manifest and against what whylight knows. */
import { WhylightError } from '../errors.ts';
import { imageDims, type Preprocessing } from '../image/preprocess.ts';
import type { Graph } from '../onnx/graph.ts';
import { isKnownOperator } from '../onnx/infer.ts';
import { isInteger } from '../tensor/tensor.ts';
import type { ModelDescription } from './description.ts';

/** A shape that cannot be told is the fault of an operator that nobody knows, where there is one. */
export function refuseUnknownOperators({ nodes }: Graph): void {
  const operators = [
    ...new Set(
      nodes.filter((node) => !isKnownOperator(node)).map(({ op, domain }) => (domain ? `${domain}.${op}` : op)),
    ),
  ];
  if (operators.length === 0) return;
  throw new WhylightError(
    'unsupported_operator',
    `The model has operators that are not known here: ${operators.join(', ')}. Export it with standard ONNX operators.`,
    { operators },
  );
}

/** @throws WhylightError `invalid_model` without outputs, `invalid_config` where the manifest names one that is not there */
export function checkOutput({ outputs }: Graph, stated: string | undefined): void {
  const names = outputs.map(({ name }) => name);
  if (names.length === 0) throw new WhylightError('invalid_model', 'The model has no output.');
  if (stated === undefined || names.includes(stated)) return;
  throw new WhylightError(
    'invalid_config',
    `The manifest names the output "${stated}", but the model has ${names.join(', ')}.`,
    { output: stated, outputs: names },
  );
}

/** @throws WhylightError `invalid_config` when images become tensors that the model does not take */
export function checkImages(
  { inputs }: Graph,
  { inputs: facts }: ModelDescription,
  preprocessing: Preprocessing | undefined,
): void {
  const explained = inputs.filter((input) =>
    facts.some(({ name, role }) => name === input.name && role.value === 'explained'),
  );
  const [input, ...others] = explained;
  const row = input?.dims?.slice(1);
  // With several explained inputs there are no images.
  if (!preprocessing || !row || others.length > 0) return;
  checkScale(facts.find(({ name }) => name === input?.name)?.dtype, preprocessing);
  const made = imageDims(preprocessing);
  if (made.length === row.length && row.every((extent, axis) => typeof extent === 'string' || extent === made[axis]))
    return;
  throw new WhylightError(
    'invalid_config',
    `By the preprocessing an image becomes [${made.join(', ')}], but the input "${input?.name}" takes [${row.join(', ')}]: look at "size", "layout" and "color".`,
    { input: input?.name, expected: row, given: made },
  );
}

/** @throws WhylightError `invalid_config` when all pixels would be rounded to one or two numbers */
function checkScale(dtype: string | undefined, { scale, mean, std }: Preprocessing): void {
  if (!dtype || !isInteger(dtype)) return;
  const [lowest, highest] = [0, 255].map((pixel) => (pixel * scale - ([mean].flat()[0] ?? 0)) / ([std].flat()[0] ?? 1));
  if (Math.abs((highest as number) - (lowest as number)) > 2) return;
  throw new WhylightError(
    'invalid_config',
    `By the preprocessing pixels become numbers from ${lowest} to ${highest}, but the model takes whole numbers (${dtype}): state "scale": 1 for pixels as they are.`,
    { scale, mean, std, dtype },
  );
}
