import { type Task, type TaskContext, type TaskOutputs, WhylightError } from 'whylight/plugin';

/** One logit: above zero it means yes. */
const yesNo: Task = {
  apiVersion: 1,
  id: 'yes_no',
  about: { title: 'Yes No', summary: 'One logit, read as yes or no.' },
  // Only where the manifest says so: one number may mean anything.
  recognise: ({ explained }) => (explained.task.value === 'yes_no' ? 1 : 0.01),
  read(outputs, { description }) {
    const score = logitOf(outputs, description.explained.name);
    const probability = 1 / (1 + Math.exp(-score));
    return [
      score > 0 ? { label: 'yes', score, probability } : { label: 'no', score: -score, probability: 1 - probability },
    ];
  },
  target(choice, outputs, context) {
    const sign = signOf(choice, outputs, context);
    const label = sign > 0 ? 'yes' : 'no';
    return { output: context.description.explained.name, weights: [{ index: 0, weight: sign }], label };
  },
};

export default yesNo;

function signOf(choice: Parameters<Task['target']>[0], outputs: TaskOutputs, { description }: TaskContext): number {
  if ('label' in choice && choice.label === 'yes') return 1;
  if ('label' in choice && choice.label === 'no') return -1;
  if ('prediction' in choice && choice.prediction === 0)
    return logitOf(outputs, description.explained.name) > 0 ? 1 : -1;
  throw new WhylightError('label_not_found', 'The answer is "yes" or "no": choose one of them.');
}

const logitOf = (outputs: TaskOutputs, name: string): number => outputs[name]?.data[0] ?? 0;
