/** Failures of actions, as the page shows them. */
import { batch } from '@preact/signals';
import { Failure } from './failure.ts';
import { notice, retry } from './state.ts';

/**
 * Does the work, and shows its failure.
 * @param again action to offer when it fails; none where another try would fail as well
 */
export async function guarded(work: () => Promise<void>, again?: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code === 'aborted') return;
    batch(() => {
      notice.value = failure;
      retry.value = again;
    });
  }
}

export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { code, message } = error as { readonly code?: unknown; readonly message: string };
  // An error of the core says what to do.
  return typeof code === 'string' ? new Failure(code, message) : new Failure('internal', `The page failed: ${message}`);
}
