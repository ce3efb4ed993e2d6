import { noun as nounFor } from '../../core/counted.ts';
import type { FeatureFinding } from '../feature-findings.ts';
import type { PageRecord, ReportData } from '../page-data.ts';
import { InputButton } from './drawing.tsx';
import { type FindingProps, ShowMembers, useMembers } from './members.tsx';
import { isWrong, methodOf } from './state.ts';
import { percent } from './words.ts';

/** Findings that are shown at most. */
const MAX_SHOWN = 6;

interface FeatureFindingsProps {
  readonly data: ReportData;
  readonly records: readonly PageRecord[];
}

/** Groups of inputs whose strongest evidence is the same word, column or window. */
export function FeatureFindings({ data, records }: FeatureFindingsProps) {
  const method = methodOf(data);
  const found = data.featureFindings[method] ?? [];
  const { noun } = data.summary;
  return (
    <div>
      <h2>What stands out</h2>
      <p class="lead">
        Groups whose strongest evidence is the same feature, and how much more it holds than elsewhere.
      </p>
      <div class="findings">
        {found.length === 0 && <p class="card">No feature leads in a group of inputs.</p>}
        {found.slice(0, MAX_SHOWN).map((finding) => (
          <Card key={`${method} ${finding.group} ${finding.feature}`} {...{ finding, records, method, noun }} />
        ))}
      </div>
    </div>
  );
}

function Card({ finding, records, method, noun }: FindingProps<FeatureFinding> & { readonly noun: string }) {
  const { group, of, members: numbers, feature, inside, elsewhere, striking } = finding;
  const members = useMembers(numbers, records);
  const known = members.filter(({ truth }) => truth !== undefined);
  const right = known.filter((record) => !isWrong(record)).length;
  return (
    <article class={`card feature-finding ${striking ? 'finding strong' : ''}`}>
      <div>
        <h3>
          <span class="badge">{striking ? 'stands out' : 'group'}</span>
          <strong>{feature}</strong> leads in {numbers.length === of ? `all ${of}` : `${numbers.length} of ${of}`}{' '}
          {nounFor(of, noun)} of predicted class <strong>{group}</strong>
        </h3>
        <p>
          It holds <b>{percent(inside)}</b> of their evidence, and {percent(elsewhere)} of that of other classes.
          {striking &&
            ' Check it: a name, a signature or a stock phrase is something that the class should not depend on.'}
          {known.length > 0 && ` The model is right about ${right} of these ${known.length}.`}
        </p>
        <div class="drawings">
          {members.slice(0, 2).map((record) => (
            <InputButton key={record.name} record={record} method={method} width={320} />
          ))}
        </div>
        <ShowMembers members={members} />
      </div>
    </article>
  );
}
