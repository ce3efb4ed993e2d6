/** Data and models that methods load before they first run. */
import { quoted, WhylightError } from '../errors.ts';
import type { Method, MethodSetup } from '../method/contract.ts';
import type { FileSource, PluginEntry } from '../method/registry.ts';
import type { Model } from '../model/model.ts';
import type { GraphCompiler } from '../plan/graph-compiler.ts';
import { guardedAsync } from './plugin-fault.ts';

/** Setup of a method with its models opened. */
export interface ReadySetup {
  readonly data: unknown;
  readonly models: Readonly<Record<string, Model>>;
}

/** Reader of files by path. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

const NOTHING: ReadySetup = { data: undefined, models: {} };

/** Setups of the methods of a process, each made once. One that failed is tried again by the next request. */
export class Setups {
  private readonly byEntry = new WeakMap<PluginEntry, Promise<ReadySetup>>();
  private readonly readModel: GraphCompiler['readModel'];
  private readonly readFile: ReadFile;

  /** @param readFile reads a file of an entry that is named by its path */
  constructor({ readModel }: Pick<GraphCompiler, 'readModel'>, readFile: ReadFile = refusePaths) {
    this.readModel = readModel;
    this.readFile = readFile;
  }

  /** @throws WhylightError `invalid_config`, `invalid_model`, `method_failed` */
  of(entry: PluginEntry): Promise<ReadySetup> | ReadySetup {
    if (!entry.method.setup) return NOTHING;
    const known = this.byEntry.get(entry);
    if (known) return known;
    const setup = this.make(entry);
    this.byEntry.set(entry, setup);
    setup.catch(() => this.byEntry.delete(entry));
    return setup;
  }

  private async make({ method, files = {} }: PluginEntry): Promise<ReadySetup> {
    const file = (name: string): Promise<Uint8Array> => this.read(method, files, name);
    const { data, models = {} } = await guardedAsync(
      method,
      async () => (await method.setup?.({ file })) ?? ({} as MethodSetup),
    );
    const opened = await Promise.all(
      Object.entries(models).map(async ([name, source]): Promise<[string, Model]> => {
        return [name, await this.readModel(source instanceof Uint8Array ? { bytes: source } : source)];
      }),
    );
    return { data, models: Object.fromEntries(opened) };
  }

  private async read({ id }: Method, files: Readonly<Record<string, FileSource>>, name: string): Promise<Uint8Array> {
    const source = Object.hasOwn(files, name) ? files[name] : undefined;
    if (source === undefined) {
      throw new WhylightError(
        'invalid_config',
        `The method ${id} reads a file ${quoted(name)}: name it in "files" of its entry, as {"files": {"${name}": "./path"}}.`,
        { method: id, file: name },
      );
    }
    if (typeof source === 'function') return source();
    return typeof source === 'string' ? this.readFile(source) : source;
  }
}

async function refusePaths(path: string): Promise<never> {
  throw new WhylightError(
    'invalid_config',
    `The file ${quoted(path)} cannot be read here: give bytes, or a function that returns them.`,
    { file: path },
  );
}
