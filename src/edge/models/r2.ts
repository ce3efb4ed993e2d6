/** Uploaded models in an R2 bucket: no limit of 25 MiB a file, and read-after-write consistent. */
import { WhylightError } from '../../core/errors.ts';
import type { ModelFiles } from './files.ts';

export const r2Files = (bucket: R2Bucket): ModelFiles => ({
  async write(key, size, chunks) {
    // R2 needs the length of a stream before it begins.
    const { readable, writable } = new FixedLengthStream(size);
    const stored = bucket.put(key, readable);
    const sent = send(writable.getWriter(), chunks);
    // When one side fails, so does the other; the sender's error has the reason.
    const [sending, storing] = await Promise.allSettled([sent, stored]);
    if (sending.status === 'rejected') throw sending.reason;
    if (storing.status === 'rejected') throw storing.reason;
  },
  async put(key, bytes) {
    await bucket.put(key, bytes);
  },
  async read(key) {
    const object = await bucket.get(key);
    if (!object) return undefined;
    try {
      return new Uint8Array(await object.arrayBuffer());
    } catch (cause) {
      const message = `The object ${key} in R2 cannot be read to its end of ${object.size} bytes.`;
      throw new WhylightError('model_damaged', message, { bytes: object.size }, { cause });
    }
  },
  async stream(key) {
    return (await bucket.get(key))?.body;
  },
  async remove(keys) {
    if (keys.length > 0) await bucket.delete([...keys]);
  },
  async below(prefix) {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page: R2Objects = await bucket.list({ prefix, delimiter: '/', ...(cursor && { cursor }) });
      found.push(...page.delimitedPrefixes.map((path) => path.slice(prefix.length, -1)));
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor);
    return found;
  },
  async readTagged(key) {
    const object = await bucket.get(key);
    return object ? { text: await object.text(), tag: object.etag } : undefined;
  },
  async writeTagged(key, text, tag) {
    const onlyIf = tag === undefined ? new Headers({ 'If-None-Match': '*' }) : { etagMatches: tag };
    return (await bucket.put(key, text, { onlyIf })) !== null;
  },
});

async function send(writer: WritableStreamDefaultWriter<Uint8Array>, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  // Rejects together with the writes, which carry the reason.
  writer.closed.catch(() => undefined);
  try {
    for await (const chunk of chunks) await writer.write(chunk);
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
    throw error;
  }
}
