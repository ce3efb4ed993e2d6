/** Operator sets of a graph. */
import type { Graph, Node } from './graph.ts';

/** Domains that nodes were written in, each at its first version unless the graph says otherwise. */
export function withDomains(opsets: Graph['opsets'], nodes: readonly Node[]): Graph['opsets'] {
  const domains = new Set<string>();
  for (const { domain } of nodes) domains.add(domain);
  return { ...Object.fromEntries([...domains].map((domain) => [domain, 1])), ...opsets };
}
