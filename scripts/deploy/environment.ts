/** Environments of wrangler.toml: production is what stands at the top, others are `[env.<name>]`. */

/** Tables that an environment does not inherit: it names each binding again. */
const BINDINGS =
  /^\[+(?:kv_namespaces|durable_objects|queues|r2_buckets|ratelimits|analytics_engine_datasets|vars|services|d1_databases)\b/;

/** Header of a table of an environment. */
const OF_ENVIRONMENT = /^(\[+)env\.([\w-]+)\.?/;

/**
 * Returns the configuration of one environment as a file of its own.
 * @param name name of the environment; production when left out
 * @throws Error for an environment that the file does not have
 */
export function environmentOf(toml: string, name?: string): string {
  const blocks = toml.split(/^(?=\[)/m);
  const shared = blocks.filter((block) => !OF_ENVIRONMENT.test(block));
  if (name === undefined) return shared.join('');
  const own = blocks.filter((block) => OF_ENVIRONMENT.exec(block)?.[2] === name);
  if (own.length === 0) {
    const known = new Set(blocks.flatMap((block) => OF_ENVIRONMENT.exec(block)?.[2] ?? []));
    throw new Error(`wrangler.toml has no environment "${name}"; it has ${[...known].join(', ') || 'none'}.`);
  }
  const [head = '', ...tables] = own;
  const worker = /^name = .*$/m.exec(head)?.[0];
  const inherited = shared.filter((block) => !BINDINGS.test(block)).join('');
  return [
    worker === undefined ? inherited : inherited.replace(/^name = .*$/m, worker),
    ...tables.map((table) => table.replace(OF_ENVIRONMENT, '$1')),
  ].join('');
}
