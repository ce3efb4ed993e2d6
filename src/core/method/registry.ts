/** Registry of methods, with the operator's rules for each. */
import { nearest, quoted, WhylightError } from '../errors.ts';
import type { BoundMethod, Method, MethodSource } from './contract.ts';
import { checkMethod } from './define.ts';
import { type ParameterRules, parseParams } from './params.ts';

/** Source of a file: its path, its bytes, or a function that returns them. */
export type FileSource = string | Uint8Array | (() => Promise<Uint8Array>);

/** Method with an operator's defaults, pinned values and limits of its parameters. */
export interface PluginEntry extends ParameterRules {
  readonly method: Method;
  /** Known only to tenants that name it. */
  readonly unlisted?: boolean;
  /** Files that the method reads in `setup`, by the names that it documents: paths, bytes, or functions. */
  readonly files?: Readonly<Record<string, FileSource>>;
  /**
   * Identity of the method's code, such as a package with its version: a part of the cache key, so that another build
   * never answers with maps of this one. Without it only `revision` tells versions apart.
   */
  readonly build?: string;
}

export class MethodRegistry implements MethodSource {
  private readonly byId = new Map<string, PluginEntry>();

  /**
   * @param checked whether the entries have been in a registry before, when they were configured
   * @throws WhylightError `invalid_config` for something that is no method, an id that is taken, or defaults that the
   * method's own schema refuses.
   */
  constructor(entries: Iterable<PluginEntry>, { checked = false }: { readonly checked?: boolean } = {}) {
    for (const entry of entries) {
      if (!checked) checkMethod(entry.method);
      const { id } = entry.method;
      if (this.byId.has(id)) {
        throw new WhylightError(
          'invalid_config',
          `Two plugins have the id "${id}": remove one, an id names one method.`,
          { id },
        );
      }
      if (!checked) checkRules(entry);
      this.byId.set(id, entry);
    }
  }

  get entries(): readonly PluginEntry[] {
    return [...this.byId.values()];
  }

  get ids(): readonly string[] {
    return [...this.byId.keys()];
  }

  bind(id: string, params: Readonly<Record<string, unknown>> = {}): BoundMethod {
    const entry = this.get(id);
    return { method: entry.method, params: parseParams(entry.method, params, entry) };
  }

  has(id: string): boolean {
    return this.byId.has(id);
  }

  /** @throws WhylightError `method_not_found` with the nearest names. */
  get(id: string): PluginEntry {
    const entry = this.byId.get(id);
    if (entry) return entry;
    throw methodNotFound(id, this.ids);
  }
}

/** @param ids those that may be told of */
export function methodNotFound(id: string, ids: readonly string[]): WhylightError {
  const close = nearest(id, ids);
  const hint = close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `There are ${ids.join(', ') || 'none'}.`;
  return new WhylightError('method_not_found', `There is no saliency method named ${quoted(id)}. ${hint}`, {
    method: id,
    nearest: close,
  });
}

/** Finds operator's mistakes when the registry is made, not with the first request. */
function checkRules({ method, defaults, pinned, limits = {} }: PluginEntry): void {
  try {
    const values: Record<string, unknown> = parseParams(method, {}, { defaults, pinned, limits });
    for (const [name, limit] of Object.entries(limits)) {
      if (!(name in values))
        throw new WhylightError('invalid_config', `${method.id} has no parameter "${name}" to limit.`);
      if (typeof limit !== 'number' && typeof limit !== 'object')
        throw new WhylightError('invalid_config', `The limit of "${name}" must be a number, or {min, max}.`);
    }
  } catch (error) {
    if (!WhylightError.is(error)) throw error;
    throw new WhylightError(
      'invalid_config',
      `The defaults or limits of plugin "${method.id}" do not fit: ${error.message}`,
      {
        ...error.details,
        method: method.id,
      },
    );
  }
}
