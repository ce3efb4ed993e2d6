/** Answers in Workers KV by their owner, which their metadata name. */
import type { OwnedAnswers } from './erase.ts';

/** Maximum number of keys of a page; each that goes is a request to KV. */
const PAGE = 500;

export const kvAnswers = (kv: KVNamespace): OwnedAnswers => ({
  async erase(owner, cursor) {
    const page = await kv.list<{ owner?: string }>({ limit: PAGE, ...(cursor !== undefined && { cursor }) });
    const own = page.keys.filter(({ metadata }) => metadata?.owner === owner);
    await Promise.all(own.map(({ name }) => kv.delete(name)));
    return { removed: own.length, ...(!page.list_complete && { cursor: page.cursor }) };
  },
});
