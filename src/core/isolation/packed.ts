/** Tensors as they are sent: without the rest of the buffers that they are views on. */

/** Copies data with every typed array in memory of its own, and drops functions. */
export function packed<T>(value: T): T {
  if (ArrayBuffer.isView(value)) return (value as unknown as Uint8Array).slice() as T;
  if (Array.isArray(value)) return value.map((one) => packed(one)) as T;
  if (typeof value !== 'object' || value === null || value instanceof Map) return value;
  const entries = Object.entries(value).filter(([, member]) => typeof member !== 'function');
  return Object.fromEntries(entries.map(([name, member]) => [name, packed(member)])) as T;
}

/** Collects the buffers of packed data, each once, so that they are moved and not copied again. */
export function buffersIn(value: unknown, found: Set<ArrayBuffer> = new Set()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) found.add(value.buffer as ArrayBuffer);
  else if (typeof value === 'object' && value !== null && !(value instanceof Map))
    for (const member of Object.values(value)) buffersIn(member, found);
  return [...found];
}
