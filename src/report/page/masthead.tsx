export type Tile = readonly [value: string, label: string];

interface MastheadProps {
  readonly kind: string;
  readonly title: string;
  readonly tiles: readonly Tile[];
}

/** Head of a page: what it is about, and the main figures. */
export const Masthead = ({ kind, title, tiles }: MastheadProps) => (
  <header>
    <h1>
      <small>{kind}</small>
      {title}
    </h1>
    <div class="tiles">
      {tiles.map(([value, label]) => (
        <div key={label} class="tile">
          <b>{value}</b>
          <span>{label}</span>
        </div>
      ))}
    </div>
  </header>
);
