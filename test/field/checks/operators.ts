/** Check of a single operator: the graph after reading and writing, and the vector-Jacobian products that are stated. */
import { readCases } from '../../../scripts/operator-suite/cases.ts';
import { judge } from '../../../scripts/operator-suite/judge.ts';

/** @param folder of the `case.json` */
export async function operatorFaults(folder: string): Promise<string[]> {
  const faults: string[] = [];
  for (const one of readCases(folder)) {
    if ('skipped' in one) continue;
    const { forward, reason, products } = await judge(one);
    if (forward !== 'same') faults.push(`forward: ${forward}${reason ? `, ${reason}` : ''}`);
    for (const { input, verdict, error, reason: why } of products) {
      if (verdict === 'agrees') continue;
      const off = error === undefined ? '' : ` by ${error.toExponential(1)}`;
      faults.push(`gradient of ${input}: ${verdict}${off}${why ? `, ${why.slice(0, 160)}` : ''}`);
    }
  }
  return faults;
}
