/** The dependency injection container. Composition roots load modules into it and take one part out. */
import { Container, ContainerModule, type ContainerModuleLoadOptions } from 'inversify';
import type { Token } from './tokens.ts';

export type Binder = ContainerModuleLoadOptions;

/** A group of bindings. A module that is loaded later may replace bindings of an earlier one by `rebind`. */
export type Module = ContainerModule;

/** Makes a module. */
export const defineModule = (load: (binder: Binder) => void): Module => new ContainerModule(load);

/**
 * Makes a container of singletons, each created when it is first needed.
 *
 * @example
 * const explainer = createContainer(coreModule({ plugins }), engineModule(engine)).get(CORE.explainer);
 */
export function createContainer(...modules: readonly Module[]): Container {
  const container = new Container({ defaultScope: 'Singleton' });
  container.load(...modules);
  return container;
}

/** A dependency that may be unbound; the factory then receives undefined. */
export const optional = <T>(serviceIdentifier: Token<T>) => ({ serviceIdentifier, optional: true }) as const;

/**
 * Makes a module that replaces single parts by values.
 * @param tokens tokens by the name of the part
 * @param parts values by the name of the part; undefined ones are skipped
 */
export const replaceParts = (tokens: Readonly<Record<string, Token<unknown>>>, parts: object): Module =>
  defineModule(({ bind, isBound, rebind }) => {
    for (const [name, value] of Object.entries(parts)) {
      const token = tokens[name];
      if (value === undefined || token === undefined) continue;
      (isBound(token) ? rebind(token) : bind(token)).toConstantValue(value);
    }
  });
