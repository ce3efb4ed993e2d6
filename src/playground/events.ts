/** Server-sent events of an answer to a POST, which `EventSource` cannot make. */
export interface ServerEvent {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** Events whose data are JSON, as they come. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  try {
    while (true) {
      const { done, value } = await reader.read();
      text += decoder.decode(value, { stream: !done }).replace(/\r\n?/g, '\n');
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const parsed = parse(block);
        if (parsed) yield parsed;
      }
      if (done) return;
    }
  } finally {
    await reader.cancel();
  }
}

function parse(block: string): ServerEvent | undefined {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) event = line.slice(6).trim();
    if (line.startsWith('data:')) data.push(line.slice(5));
  }
  return data.length === 0 ? undefined : { event, data: JSON.parse(data.join('\n')) };
}
