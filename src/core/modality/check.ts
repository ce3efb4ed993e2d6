/** Check of a modality against its contract. */
import { WhylightError } from '../errors.ts';
import { MODALITY_API_VERSION, type Modality } from './modality.ts';

const SNAKE_CASE = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

/**
 * Holds anything (the default export of a package) against the contract.
 * @throws WhylightError `invalid_config` that lists everything that is wrong
 */
export function checkModality(value: unknown): asserts value is Modality {
  const modality: Partial<Modality> = typeof value === 'object' && value !== null ? value : {};
  const problems = [...problemsOf(modality)];
  if (problems.length === 0) return;
  throw new WhylightError(
    'invalid_config',
    `The modality "${String(modality.id)}" breaks the contract: ${problems.join('; ')}. See src/core/modality/modality.ts.`,
    { modality: modality.id, problems },
  );
}

function* problemsOf(modality: Partial<Modality>): Generator<string> {
  if (modality.apiVersion !== MODALITY_API_VERSION) yield `apiVersion must be ${MODALITY_API_VERSION}`;
  if (typeof modality.id !== 'string' || !SNAKE_CASE.test(modality.id)) yield 'id must be snake_case, such as text';
  if (modality.id === 'image') yield 'id must not be image, which is built in';
  if (!modality.about?.title || !modality.about.summary) yield 'about needs a title and a summary';
  if (!modality.accepts?.mediaTypes?.length) yield 'accepts.mediaTypes names at least one media type';
  for (const name of ['recognise', 'decode', 'prepare', 'absent', 'fold', 'draw'] as const) {
    if (typeof modality[name] !== 'function') yield `${name} must be a function`;
  }
}
