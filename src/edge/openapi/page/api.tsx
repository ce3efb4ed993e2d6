import type { ApiDocument, ApiOperation } from '../page-data.ts';
import { Operation } from './operation.tsx';

/** Every operation by its tag, then the schemas. */
export function Api({ document: { info, paths = {}, components } }: { readonly document: ApiDocument }) {
  const tags = byTag(paths);
  return (
    <>
      <header>
        <h1>
          {info.title} API <small>{info.version}</small>
        </h1>
        <p>
          {info.description} The same as a file: <a href="../openapi.json">openapi.json</a>.
        </p>
        <nav aria-label="Sections">
          {[...tags.keys(), 'schemas'].map((tag) => (
            <a key={tag} href={`#${tag}`}>
              {tag}
            </a>
          ))}
        </nav>
      </header>
      <main>
        {[...tags].map(([tag, operations]) => (
          <section key={tag} id={tag}>
            <h2>{tag}</h2>
            {operations.map(({ path, method, operation }) => (
              <Operation key={`${method} ${path}`} path={path} method={method} operation={operation} />
            ))}
          </section>
        ))}
        <Schemas schemas={components?.schemas ?? {}} />
      </main>
    </>
  );
}

interface Listed {
  readonly path: string;
  readonly method: string;
  readonly operation: ApiOperation;
}

function byTag(paths: NonNullable<ApiDocument['paths']>): ReadonlyMap<string, readonly Listed[]> {
  const tags = new Map<string, Listed[]>();
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations as Record<string, ApiOperation>)) {
      const tag = operation.tags?.[0] ?? 'other';
      tags.set(tag, [...(tags.get(tag) ?? []), { path, method, operation }]);
    }
  }
  return tags;
}

const Schemas = ({ schemas }: { readonly schemas: Readonly<Record<string, unknown>> }) => (
  <section id="schemas">
    <h2>schemas</h2>
    {Object.entries(schemas).map(([name, schema]) => (
      <details key={name}>
        <summary>
          <code>{name}</code>
        </summary>
        {/* A link to something inside opens the element around it. */}
        <pre id={`schema-${name}`}>{JSON.stringify(schema, null, 2)}</pre>
      </details>
    ))}
  </section>
);
