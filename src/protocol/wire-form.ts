/** Requests to a server of the Open Inference Protocol in the form that it takes: bytes, or JSON. */
import { WhylightError } from '../core/errors.ts';
import type { Tensor } from '../core/tensor/tensor.ts';
import type { AskServer } from './inference-connection.ts';
import { HEADER_LENGTH } from './open-inference.ts';
import { type ClientRequest, decodeResponse, encodeJsonRequest, encodeRequest } from './open-inference-client.ts';

type Form = 'bytes' | 'json';

/** Statuses with which servers refuse bytes. MLServer 1.7 fails with 500 while it makes its refusal. */
const REFUSALS: readonly unknown[] = [400, 415, 422, 500, 501];

interface Encoded {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

const encoded: Readonly<Record<Form, (request: ClientRequest) => Encoded>> = {
  bytes(request) {
    const { body, headerLength } = encodeRequest(request);
    const headers = { 'Content-Type': 'application/octet-stream', [HEADER_LENGTH]: String(headerLength) };
    return { headers, body };
  },
  json: (request) => ({ headers: { 'Content-Type': 'application/json' }, body: encodeJsonRequest(request) }),
};

/**
 * Sends inferences to one server. The binary extension cannot be seen from its metadata: KServe takes bytes without
 * listing it. So the first inference is sent as bytes and, if it is refused, once more as JSON; the form that was
 * answered is kept.
 */
export class InferenceSender {
  private readonly ask: AskServer;
  private form: Form | undefined;

  constructor(ask: AskServer) {
    this.ask = ask;
  }

  /**
   * Sends a request.
   * @param path path of the model
   * @returns outputs by name
   * @throws WhylightError errors of the connection; where both forms are refused, the refusal of the bytes
   */
  async infer(path: string, request: ClientRequest, signal?: AbortSignal): Promise<ReadonlyMap<string, Tensor>> {
    const send = async (form: Form) => {
      const init = { method: 'POST', ...encoded[form](request), ...(signal && { signal }) };
      const { bytes, headerLength } = await this.ask(`${path}/infer`, init);
      const outputs = decodeResponse(bytes, headerLength);
      this.form = form;
      return outputs;
    };
    if (this.form !== undefined) return send(this.form);
    return send('bytes').catch((refusal: unknown) => {
      if (!isRefusal(refusal)) throw refusal;
      return send('json').catch((error: unknown) => {
        throw isRefusal(error) ? refusal : error;
      });
    });
  }
}

const isRefusal = (error: unknown): boolean =>
  WhylightError.is(error, 'origin_error') && REFUSALS.includes(error.details.upstream_status);
