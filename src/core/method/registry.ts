/** Registry of methods, with the operator's rules for each. */
import { nearest, quoted, WhylightError } from '../errors.ts';
import { NotAnswered } from './answered.ts';
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

/** Entry of a method whose code is loaded when somebody asks for it. */
export interface LazyPluginEntry extends Omit<PluginEntry, 'method'> {
  readonly id: string;
  /** Loads the method. The promise is never kept: one of another request may not settle in a Worker. */
  load(): Promise<Method>;
}

/** Id of a method, and who may know of it: known of methods that are not loaded as well. */
export interface ListedMethod extends Pick<PluginEntry, 'unlisted'> {
  readonly method: Pick<Method, 'id'>;
}

/** Methods by id. Those of lazy entries throw {@link NotAnswered} until they are loaded: see `answered`. */
export class MethodRegistry implements MethodSource {
  private readonly byId = new Map<string, PluginEntry | LazyPluginEntry>();
  private readonly checked: boolean;

  /**
   * @param checked whether the entries have been in a registry before, when they were configured
   * @throws WhylightError `invalid_config` for something that is no method, an id that is taken, or defaults that the
   * method's own schema refuses.
   */
  constructor(
    entries: Iterable<PluginEntry | LazyPluginEntry>,
    { checked = false }: { readonly checked?: boolean } = {},
  ) {
    this.checked = checked;
    for (const entry of entries) {
      if (!checked && !isLazy(entry)) checkMethod(entry.method);
      const id = idOf(entry);
      if (this.byId.has(id)) {
        throw new WhylightError(
          'invalid_config',
          `Two plugins have the id "${id}": remove one, an id names one method.`,
          { id },
        );
      }
      if (!checked && !isLazy(entry)) checkRules(entry);
      this.byId.set(id, entry);
    }
  }

  /** @throws NotAnswered until all of them are loaded */
  get entries(): readonly PluginEntry[] {
    const entries = [...this.byId.values()];
    const lazy = entries.find(isLazy);
    if (lazy) throw new NotAnswered(`The method ${lazy.id}`, () => this.load());
    return entries as readonly PluginEntry[];
  }

  /** Ids and rights of all methods, loaded or not. */
  get listed(): readonly ListedMethod[] {
    return [...this.byId.values()].map((entry) =>
      isLazy(entry) ? { method: { id: entry.id }, ...(entry.unlisted && { unlisted: true }) } : entry,
    );
  }

  /**
   * Loads methods whose code is not here yet.
   * @param ids all when left out; ids of no method are ignored
   */
  async load(ids: Iterable<string> = this.ids): Promise<void> {
    const lazy = [...ids].flatMap((id) => {
      const entry = this.byId.get(id);
      return entry && isLazy(entry) ? entry : [];
    });
    const loaded = await Promise.all(lazy.map((entry) => entry.load()));
    for (const [i, { id, load: _, ...rules }] of lazy.entries()) {
      const entry = { method: loaded[i] as Method, ...rules };
      if (!this.checked) {
        checkMethod(entry.method);
        checkRules(entry);
      }
      // Another request may have been quicker; its entry is in use.
      const present = this.byId.get(id);
      if (present && isLazy(present)) this.byId.set(id, entry);
    }
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

  /**
   * @throws WhylightError `method_not_found` with the nearest names
   * @throws NotAnswered until the method is loaded
   */
  get(id: string): PluginEntry {
    const entry = this.byId.get(id);
    if (entry && isLazy(entry)) throw new NotAnswered(`The method ${id}`, () => this.load([id]));
    if (entry) return entry;
    throw methodNotFound(id, this.ids);
  }
}

const isLazy = (entry: PluginEntry | LazyPluginEntry): entry is LazyPluginEntry => 'load' in entry;

const idOf = (entry: PluginEntry | LazyPluginEntry): string => (isLazy(entry) ? entry.id : entry.method.id);

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
