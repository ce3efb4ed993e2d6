/** Calls of V8's inspector protocol to one isolate of workerd. */

export interface Inspector {
  /**
   * Calls a method of the protocol.
   * @throws Error with the inspector's message when it refuses
   * @see https://chromedevtools.github.io/devtools-protocol/v8/
   */
  call<Result>(method: string, params?: object): Promise<Result>;
  close(): void;
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/**
 * Opens a connection. An isolate takes one at a time.
 * @param inspector address of workerd's inspector
 * @param isolate its name there
 */
export async function openInspector(inspector: URL, isolate: string): Promise<Inspector> {
  const socket = new WebSocket(new URL(`/${isolate}`, inspector));
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error(`The isolate ${isolate} cannot be inspected at ${inspector}.`));
  });
  const waiting = new Map<number, (reply: Reply) => void>();
  socket.onmessage = ({ data }) => {
    const reply = JSON.parse(String(data)) as Reply;
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  };
  let last = 0;
  return {
    async call<Result>(method: string, params: object = {}) {
      const id = ++last;
      const reply = await new Promise<Reply>((resolve) => {
        waiting.set(id, resolve);
        socket.send(JSON.stringify({ id, method, params }));
      });
      if (reply.error) throw new Error(`${method}: ${reply.error.message}`);
      return reply.result as Result;
    },
    close: () => socket.close(),
  };
}
