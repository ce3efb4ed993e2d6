/** Flags for drawing a map, derived from the schema of the HTTP API's parameters. */
import { drawingSchema } from '../core/image/overlay-options.ts';
import { parameterSchemas } from '../core/method/schema.ts';
import { numberFlag } from './arguments.ts';

const overlaySchemas = parameterSchemas(drawingSchema);

export const OVERLAY_ARGS = Object.fromEntries(
  Object.entries(overlaySchemas).map(([name, schema]) => {
    const hint = schema.enum ? schema.enum.join('|') : 'x';
    const description = `${schema.description ?? ''}${schema.default === undefined ? '' : ` (default: ${schema.default})`}`;
    return [name, { type: 'string', valueHint: hint, description } as const];
  }),
);

/** The overlay options among the flags, as the schema's own types; the schema judges them. */
export function overlayFlags(flags: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = Object.entries(overlaySchemas).filter(([name]) => flags[name] !== undefined);
  return Object.fromEntries(
    given.map(([name, { type }]) => [
      name,
      type === 'number' || type === 'integer' ? numberFlag(name, String(flags[name])) : flags[name],
    ]),
  );
}
