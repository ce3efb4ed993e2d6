/** Search for numbers inside a model that are NaN or infinity, by a run that returns them. */
import { WhylightError } from '../errors.ts';
import { runRows } from '../plan/run.ts';
import { resolveNeeds } from '../plan/variant.ts';
import { firstNotFinite } from '../tensor/finite.ts';
import { dtypeOf, halvesInside, MAX_HALF, spread } from './overflow.ts';
import { controlOf, type PlanRow, type PlanRun } from './plan-run.ts';

/**
 * The first tensor inside the model that this row makes larger than float16 holds, although the scores are finite numbers.
 * Evaluates one row where the model has such tensors.
 */
export async function hiddenOverflow(run: PlanRun, row: PlanRow): Promise<string | undefined> {
  const checked = halvesInside(run.plan);
  if (checked.length === 0) return undefined;
  const activations = await activationsOf(
    run,
    row,
    checked.map(({ tensor }) => tensor),
  );
  run.count(1);
  const { tensor } = checked.find((one) => overflows(activations[one.tensor]?.data, one.masked)) ?? {};
  return tensor;
}

/** True for numbers beyond float16. */
function overflows(data: Float32Array | undefined, masked: boolean): boolean {
  return data?.some((value) => !(value <= MAX_HALF && (masked || value >= -MAX_HALF))) ?? false;
}

/**
 * Adds the place where the numbers stop being finite to an error about scores that are not.
 * @returns the error as it is where no tensor can be looked at
 */
export async function locateNotFinite(error: WhylightError, run: PlanRun, row: PlanRow): Promise<WhylightError> {
  const { info, model } = run.plan;
  const names = model.graph.nodes.flatMap(({ outputs }) => outputs.slice(0, 1));
  const floats = spread(names.filter((name) => dtypeOf(info, name)?.includes('float')));
  const activations = await activationsOf(run, row, floats).catch(() => ({}) as Record<string, undefined>);
  const tensor = floats.find((name) => firstNotFinite(activations[name]?.data ?? new Float32Array()) >= 0);
  if (tensor === undefined) return error;
  const why = 'look at what the model computes there, such as a division by zero, or a logarithm of a negative number.';
  return new WhylightError(error.code, `${error.message} The first such numbers are in "${tensor}": ${why}`, {
    ...error.details,
    tensor,
  });
}

async function activationsOf({ plan, lease, hooks }: PlanRun, { inputs, held }: PlanRow, names: readonly string[]) {
  const graph = await lease.load(resolveNeeds({ activations: [...names].sort() }, plan.info));
  return (await runRows(graph, { ...held, ...inputs }, undefined, controlOf(hooks))).activations;
}
