/** Check of a modality against its contract. */
import { type Contract, contractProblems, membersOf, refuseProblems } from '../contract-problems.ts';
import { MODALITY_API_VERSION, type Modality } from './modality.ts';

const CONTRACT: Contract = {
  kind: 'modality',
  apiVersion: MODALITY_API_VERSION,
  functions: ['recognise', 'decode', 'prepare', 'absent', 'fold', 'draw'],
  example: 'text',
};

/**
 * Holds anything (the default export of a package) against the contract.
 * @throws WhylightError `invalid_config` that lists everything that is wrong
 */
export function checkModality(value: unknown): asserts value is Modality {
  const modality = membersOf(value) as Partial<Modality>;
  const problems = [...contractProblems(modality, CONTRACT)];
  if (modality.id === 'image') problems.push('id must not be image, which is built in');
  if (!modality.accepts?.mediaTypes?.length) problems.push('accepts.mediaTypes names at least one media type');
  refuseProblems(CONTRACT, modality, problems);
}
