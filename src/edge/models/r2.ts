/** Uploaded models in an R2 bucket: no limit of 25 MiB a file, and read-after-write consistent. */
import { hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import type { ModelFiles } from './files.ts';

export const r2Files = (bucket: R2Bucket): ModelFiles => ({
  async write(key, size, chunks) {
    // R2 needs the length of a stream before it begins.
    const { readable, writable } = new FixedLengthStream(size);
    const digest = new crypto.DigestStream('SHA-256');
    const stored = bucket.put(key, readable);
    const sent = send([writable.getWriter(), digest.getWriter()], chunks);
    // When one side fails, so does the other; the sender's error has the reason.
    const [sending, storing, digesting] = await Promise.allSettled([sent, stored, digest.digest]);
    if (sending.status === 'rejected') throw sending.reason;
    if (storing.status === 'rejected') throw storing.reason;
    if (digesting.status === 'rejected') throw digesting.reason;
    return hex(digesting.value);
  },
  async copy(from, to, sha256) {
    const object = await bucket.get(from);
    if (!object) throw new WhylightError('model_damaged', `The object ${from} is no longer in R2: upload it again.`);
    try {
      // R2 compares the digest.
      await bucket.put(to, object.body, { sha256 });
    } catch (cause) {
      const message = `The object ${from} cannot be copied within R2: upload it again.`;
      throw new WhylightError('model_damaged', message, { bytes: object.size, sha256 }, { cause });
    }
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
  async removeBelow(prefix) {
    // A page has as many objects as one call can delete.
    for (let cut = true; cut; ) {
      const { objects, truncated } = await bucket.list({ prefix });
      if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
      cut = truncated;
    }
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

type Writer = WritableStreamDefaultWriter<Uint8Array>;

async function send(writers: readonly Writer[], chunks: AsyncIterable<Uint8Array>): Promise<void> {
  // Rejects together with the writes, which carry the reason.
  for (const { closed } of writers) closed.catch(() => undefined);
  const all = (act: (writer: Writer) => Promise<void>) => Promise.all(writers.map(act));
  try {
    for await (const chunk of chunks) await all((writer) => writer.write(chunk));
    await all((writer) => writer.close());
  } catch (error) {
    await Promise.allSettled(writers.map((writer) => writer.abort(error)));
    throw error;
  }
}
