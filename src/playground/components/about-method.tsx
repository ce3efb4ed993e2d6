import type { MethodInfo } from '../api.ts';
import { methodOf } from '../state.ts';

/** The method in one sentence, with its paper and the description that the server has. */
export function AboutMethod({ id }: { readonly id: string }) {
  const method = methodOf(id);
  if (!method) return null;
  return (
    <p class="hint">
      {method.title}: {method.summary}{' '}
      {method.paper && (
        <a href={method.paper.url} target="_blank" rel="noreferrer">
          {method.paper.title} ({method.paper.year})
        </a>
      )}{' '}
      {isBuiltIn(method) ? (
        <a href={`./docs/methods/${id}.html`} target="_blank" rel="noreferrer">
          How to read it
        </a>
      ) : (
        <a href={`/v2/methods/${id}`} target="_blank" rel="noreferrer">
          Its parameters
        </a>
      )}
    </p>
  );
}

/** True for a method that comes with whylight, which alone the documents describe. */
const isBuiltIn = ({ build }: MethodInfo): boolean => build === undefined || build.startsWith('whylight@');
