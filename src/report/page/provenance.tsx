import type { ProvenanceData } from '../page-data.ts';

/** Command, model, versions, parameters and seeds: what it takes to make the page again. */
export function Provenance({ data: { command, rows } }: { readonly data: ProvenanceData }) {
  return (
    <section id="provenance" class="card">
      <h2>How to reproduce this {command === undefined ? 'evaluation' : 'report'}</h2>
      {command !== undefined && <pre>{command}</pre>}
      <dl>
        {rows.map(([name, value], i) => (
          <Row key={i} name={name} value={value} />
        ))}
      </dl>
    </section>
  );
}

const Row = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </>
);
