import { useMemo } from 'preact/hooks';
import { type Finding, STRIKING } from '../findings.ts';
import type { PageRecord, ReportData } from '../page-data.ts';
import { meanMap } from './draw.ts';
import { ImageButton, MeanMap } from './map-canvas.tsx';
import { type FindingProps, ShowMembers, useMembers } from './members.tsx';
import { isWrong, methodOf } from './state.ts';
import { percent, placeOf } from './words.ts';

/** Findings shown large at most, and further ones. */
const [MAX_LARGE, MAX_SMALL] = [3, 6];

interface FindingsProps {
  readonly data: ReportData;
  readonly records: readonly PageRecord[];
}

const isStriking = ({ strength }: Finding): boolean => strength >= STRIKING;

/** Groups of images with similar explanations: those that stand out, then further ones. */
export function Findings({ data, records }: FindingsProps) {
  const method = methodOf(data);
  const found = data.findings[method] ?? [];
  const large = Math.max(1, Math.min(MAX_LARGE, found.filter(isStriking).length));
  const card = (finding: Finding, i: number) => (
    <FindingCard key={`${method} ${i}`} finding={finding} records={records} method={method} large={i < large} />
  );
  return (
    <div>
      <h2>What stands out</h2>
      <p class="lead">Images with similar explanations, and the spot that they share more than others do.</p>
      <div class="findings">
        {found.length === 0 && <p class="card">There are too few maps to compare.</p>}
        {found.slice(0, large).map(card)}
      </div>
      <div class="weak">{found.slice(large, large + MAX_SMALL).map((finding, i) => card(finding, large + i))}</div>
    </div>
  );
}

function FindingCard({ finding, records, method, large }: FindingProps<Finding> & { readonly large: boolean }) {
  const { group, spot, of, members: numbers } = finding;
  const strong = large && isStriking(finding);
  const members = useMembers(numbers, records);
  const map = useMemo(() => meanMap(members, method), [members, method]);
  const width = large ? 184 : 104;
  return (
    <article class={`card finding ${strong ? 'strong' : ''}`}>
      <div class="pair">
        <figure>
          <MeanMap members={members} map={map} spot={spot} width={width} label={`mean map of ${group}`} />
          {large && <figcaption>their mean map</figcaption>}
        </figure>
        {large && (
          <figure>
            <MeanMap members={members} width={width} label={`mean image of ${group}`} />
            <figcaption>their mean image</figcaption>
          </figure>
        )}
      </div>
      <div>
        <h3>
          {large && <span class="badge">{strong ? 'stands out' : 'group'}</span>}
          {numbers.length === of ? `All ${of}` : `${numbers.length} of ${of}`} images of predicted class{' '}
          <strong>{group}</strong> share {placeOf(spot)}
        </h3>
        <Facts finding={finding} members={members} large={large} />
        <div class="strip">
          {members.slice(0, large ? 12 : 4).map((record) => (
            <ImageButton key={record.name} record={record} method={method} width={large ? 72 : 44} />
          ))}
        </div>
        {large && <ShowMembers members={members} />}
      </div>
    </article>
  );
}

interface FactsProps {
  readonly finding: Finding;
  readonly members: readonly PageRecord[];
  readonly large: boolean;
}

function Facts({ finding, members, large }: FactsProps) {
  const { inside, elsewhere, alike } = finding;
  const known = members.filter(({ truth }) => truth !== undefined);
  const right = known.filter((record) => !isWrong(record)).length;
  return (
    <p>
      It holds <b>{percent(inside)}</b> of their evidence, and {percent(elsewhere)} of that of other classes.
      {alike >= 0.3 && ` They also look alike there: their pixels correlate by ${alike.toFixed(2)} on average.`}
      {large &&
        isStriking(finding) &&
        ' Check that spot for a watermark, a caption or a frame: something that the class should not depend on.'}
      {large && known.length > 0 && ` The model is right about ${right} of these ${known.length}.`}
    </p>
  );
}
