/** Inputs of a finding: a hook that looks them up, and a button that shows them. */
import { useMemo } from 'preact/hooks';
import type { PageRecord } from '../page-data.ts';
import { showImages } from './state.ts';

/** A finding, and what its card looks its inputs up in. */
export interface FindingProps<F> {
  readonly finding: F;
  readonly records: readonly PageRecord[];
  readonly method: string;
}

/** Records of these numbers. */
export const useMembers = (numbers: readonly number[], records: readonly PageRecord[]): PageRecord[] =>
  useMemo(() => numbers.flatMap((number) => records[number] ?? []), [numbers, records]);

/** Button that shows all inputs of a finding in the gallery; nothing where there is none. */
export const ShowMembers = ({ members }: { readonly members: readonly PageRecord[] }) =>
  members.length > 0 && (
    <p class="below">
      <button type="button" onClick={() => showImages({ members: new Set(members) })}>
        Show all {members.length}
      </button>
    </p>
  );
