/** Resources that wrangler.toml binds: which exist in an account, and which must be made. */

/** Runs wrangler with arguments. @returns what it printed @throws Error when it fails */
export type RunWrangler = (args: readonly string[]) => Promise<string>;

export interface Resources {
  /** Names of KV namespaces, by binding. */
  readonly namespaces: readonly string[];
  readonly buckets: readonly string[];
  readonly queues: readonly string[];
}

/** Resources that a wrangler.toml names. */
export function resourcesOf(toml: string): Resources {
  const values = (pattern: RegExp): string[] => [...new Set([...toml.matchAll(pattern)].map(([, name = '']) => name))];
  return {
    namespaces: values(/\[\[kv_namespaces\]\]\s*\nbinding = "([^"]+)"/g),
    buckets: values(/^bucket_name = "([^"]+)"/gm),
    queues: values(/^(?:queue|dead_letter_queue) = "([^"]+)"/gm),
  };
}

/** Name of the namespace in the account, where several Workers may have one for the same binding. */
const titleOf = (worker: string, binding: string): string => `${worker}-${binding}`;

/** Name of the Worker. */
export const workerOf = (toml: string): string => /^name = "([^"]+)"/m.exec(toml)?.[1] ?? 'whylight';

interface Namespace {
  readonly id: string;
  readonly title: string;
}

/**
 * Makes what is missing in the account.
 * @param said receives a line for each resource
 * @returns the configuration with the ids of the account
 */
export async function makeResources(toml: string, run: RunWrangler, said: (line: string) => void): Promise<string> {
  const { namespaces, buckets, queues } = resourcesOf(toml);
  const worker = workerOf(toml);
  const wanted = namespaces.map((binding) => ({ binding, title: titleOf(worker, binding) }));
  let known = await namespacesOf(run);
  for (const { title } of wanted) {
    const isThere = known.some((one) => one.title === title);
    if (!isThere) await run(['kv', 'namespace', 'create', title]);
    said(`KV namespace ${title}: ${isThere ? 'is there' : 'made'}`);
  }
  known = await namespacesOf(run);
  await makeNamed('R2 bucket', buckets, ['r2', 'bucket'], run, said);
  await makeNamed('Queue', queues, ['queues'], run, said);
  return wanted.reduce((text, { binding, title }) => {
    const id = known.find((one) => one.title === title)?.id;
    if (id === undefined)
      throw new Error(`wrangler made the KV namespace ${title}, but does not list it. Run it again.`);
    return withId(text, binding, id);
  }, toml);
}

const namespacesOf = async (run: RunWrangler): Promise<Namespace[]> => {
  const text = await run(['kv', 'namespace', 'list']);
  const start = text.indexOf('[');
  if (start < 0) throw new Error(`wrangler listed no KV namespaces, but said: ${text.trim()}`);
  return JSON.parse(text.slice(start));
};

/** Makes buckets or queues, which are known by their names alone. */
async function makeNamed(
  kind: string,
  names: readonly string[],
  command: readonly string[],
  run: RunWrangler,
  said: (line: string) => void,
): Promise<void> {
  const words = new Set((await run([...command, 'list'])).split(/[^\w-]+/));
  for (const name of names) {
    const isThere = words.has(name);
    if (!isThere) await run([...command, 'create', name]);
    said(`${kind} ${name}: ${isThere ? 'is there' : 'made'}`);
  }
}

/** Puts the id of a namespace in the place of the one that is written there. */
const withId = (toml: string, binding: string, id: string): string =>
  toml.replace(new RegExp(`(binding = "${binding}"\\s*\\nid = )"[^"]*"`), `$1"${id}"`);
