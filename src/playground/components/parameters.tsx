import type { ParameterSchema } from '../../core/method/schema.ts';
import { setParams } from '../actions.ts';
import type { MethodInfo, Param } from '../api.ts';
import { type Choice, model } from '../state.ts';

/** The parameters of a method, made from its JSON Schema. */
export function ParameterForm({
  method,
  choice,
  at,
}: {
  readonly method: MethodInfo;
  readonly choice: Choice;
  readonly at: number;
}) {
  const entries = Object.entries(method.parameters.properties ?? {});
  if (entries.length === 0) return <p class="hint">It has no parameters.</p>;
  const change = (name: string, value: Param | undefined) => {
    const { [name]: _, ...rest } = choice.params;
    setParams(at, value === undefined ? rest : { ...rest, [name]: value });
  };
  return (
    <>
      {entries.map(([name, schema]) => {
        const pinned = method.pinned?.[name];
        const usual = method.defaults?.[name] ?? schema.default;
        const limits = method.limits?.[name] ?? {};
        return (
          <Field
            key={`${method.id}.${name}`}
            name={name}
            schema={{
              ...schema,
              ...(limits.min !== undefined && { minimum: limits.min }),
              ...(limits.max !== undefined && { maximum: limits.max }),
            }}
            usual={asText(pinned ?? usual)}
            value={choice.params[name]}
            disabled={pinned !== undefined}
            change={(value) => change(name, value)}
          />
        );
      })}
    </>
  );
}

interface FieldProps {
  readonly name: string;
  readonly schema: ParameterSchema;
  /** The default, as text. */
  readonly usual: string;
  readonly value: Param | undefined;
  readonly disabled: boolean;
  readonly change: (value: Param | undefined) => void;
}

function Field(props: FieldProps) {
  const { name, schema, usual, value, disabled, change } = props;
  const id = `parameter-${name}`;
  const help = `${id}-help`;
  const common = { id, disabled, 'aria-describedby': help };
  const shown = value === undefined ? usual : String(value);
  const set = (text: string) => change(text === usual ? undefined : text);
  const control = () => {
    if (schema.type === 'boolean') {
      return (
        <input
          {...common}
          type="checkbox"
          checked={shown === 'true'}
          onChange={({ currentTarget }) => set(String(currentTarget.checked))}
        />
      );
    }
    if (schema.enum) {
      return (
        <select {...common} value={shown} onChange={({ currentTarget }) => set(currentTarget.value)}>
          {schema.enum.map((option) => (
            <option key={String(option)}>{String(option)}</option>
          ))}
        </select>
      );
    }
    const { minimum, maximum } = schema;
    const whole = schema.type === 'integer';
    if ((whole || schema.type === 'number') && minimum !== undefined && maximum !== undefined && maximum <= 1000) {
      const step = whole ? 1 : (maximum - minimum) / 100;
      return (
        <span class="slider">
          <input
            type="range"
            min={minimum}
            max={maximum}
            step={step}
            value={shown}
            disabled={disabled}
            aria-label={`${name}, slider`}
            onInput={({ currentTarget }) => set(currentTarget.value)}
          />
          <input
            {...common}
            type="number"
            min={minimum}
            max={maximum}
            step={whole ? 1 : 'any'}
            value={shown}
            onChange={({ currentTarget }) => set(currentTarget.value)}
          />
        </span>
      );
    }
    const layers = /layer/.test(name) ? (model.value?.spatial_layers ?? []) : [];
    return (
      <>
        <input
          {...common}
          type={whole || schema.type === 'number' ? 'number' : 'text'}
          step={whole ? 1 : 'any'}
          {...(layers.length > 0 && { list: `${id}-list` })}
          value={shown}
          onChange={({ currentTarget }) => set(currentTarget.value.trim())}
        />
        {layers.length > 0 && (
          <datalist id={`${id}-list`}>
            {layers.map((layer) => (
              <option key={layer} value={layer} />
            ))}
          </datalist>
        )}
      </>
    );
  };
  return (
    <div class={`field ${value === undefined ? '' : 'changed'}`}>
      <label for={id}>{name}</label>
      {control()}
      <p id={help} class="hint">
        {schema.description}
        {disabled && ' Fixed by the operator.'}
      </p>
    </div>
  );
}

const asText = (value: unknown): string =>
  value === undefined || value === null ? '' : Array.isArray(value) ? value.join(',') : String(value);
