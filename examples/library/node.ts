import { readFile } from 'node:fs/promises';
import { type ExplainableModel, type ModelExplanation, open, WhylightError } from 'whylight';

const bytes: Uint8Array = await readFile('cat.jpg');
const model: ExplainableModel = await open('cifar10', { labels: [...'abcdefghi', 'truck'] });
try {
  const explanation: ModelExplanation = await model.explain(bytes, { target: 'lorry' });
  console.log(explanation.map?.dims);
} catch (error) {
  if (!WhylightError.is(error, 'label_not_found')) throw error;
  console.log(error.message);
}
for await (const step of model.explainSteps(bytes, { method: 'rise', params: { n_masks: 300 }, seed: 7 })) {
  if (step.kind === 'partial') console.log('so far', step.explained.map?.dims);
  else console.log(step.explanation.method, step.explanation.predictions[0]?.label);
}
