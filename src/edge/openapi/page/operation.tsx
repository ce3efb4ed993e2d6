import type { ApiContent, ApiOperation, ApiParameter, ApiSchema } from '../page-data.ts';

interface OperationProps {
  readonly path: string;
  readonly method: string;
  readonly operation: ApiOperation;
}

/** One operation: what it does, what it takes, what it answers. */
export function Operation({ path, method, operation }: OperationProps) {
  const { summary, description, parameters = [], requestBody, responses = {} } = operation;
  const { 'x-whylight-access': access, 'x-whylight-cost': cost } = operation;
  return (
    <details>
      <summary>
        <span class={`method ${method}`}>{method.toUpperCase()}</span> <code>{path}</code>
        <span class="what">{summary}</span>
      </summary>
      {description !== undefined && <p>{description}</p>}
      <p class="facts">
        Access: <code>{access}</code>. Cost: <code>{cost}</code>.
      </p>
      {parameters.length > 0 && <Parameters parameters={parameters} />}
      {requestBody && (
        <>
          <h3>Request body</h3>
          <Content content={requestBody.content} />
        </>
      )}
      <h3>Responses</h3>
      <dl>
        {Object.entries(responses).map(([status, response]) => (
          <Response key={status} status={status} description={response.description} content={response.content} />
        ))}
      </dl>
    </details>
  );
}

const Parameters = ({ parameters }: { readonly parameters: readonly ApiParameter[] }) => (
  <div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">Parameter</th>
          <th scope="col">In</th>
          <th scope="col">Type</th>
          <th scope="col">Description</th>
        </tr>
      </thead>
      <tbody>
        {parameters.map(({ name, in: place, required, schema = {}, description }) => (
          <tr key={`${place} ${name}`}>
            <td>
              <code>{name}</code>
            </td>
            <td>
              {place}
              {required && ', required'}
            </td>
            <td>{typeText(schema)}</td>
            <td>{description ?? schema.description}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

/** Type or allowed values, and the default. */
function typeText(schema: ApiSchema): string {
  const type = schema.enum ? schema.enum.join(' | ') : [schema.type ?? 'any'].flat().join(' | ');
  return schema.default === undefined ? type : `${type} = ${JSON.stringify(schema.default)}`;
}

interface ResponseProps {
  readonly status: string;
  readonly description: string | undefined;
  readonly content: ApiContent | undefined;
}

const Response = ({ status, description, content }: ResponseProps) => (
  <>
    <dt>{status}</dt>
    <dd>
      {description}
      <Content content={content} />
    </dd>
  </>
);

/** Media types with links to their schemas. */
const Content = ({ content = {} }: { readonly content: ApiContent | undefined }) => (
  <ul>
    {Object.entries(content).map(([type, { schema }]) => (
      <li key={type}>
        <code>{type}</code> <SchemaLink schema={schema} />
      </li>
    ))}
  </ul>
);

function SchemaLink({ schema }: { readonly schema: ApiSchema | undefined }) {
  const name = schema?.$ref?.split('/').at(-1);
  return name === undefined ? null : <a href={`#schema-${name}`}>{name}</a>;
}
