/** W3C Trace Context, level 1: connects requests to the caller's trace, and outgoing requests to ours. */
import { hex } from '../../core/digest.ts';

export interface Trace {
  /** 32 hexadecimal digits: the whole trace. */
  readonly traceId: string;
  /** 16 hexadecimal digits: our part of it. */
  readonly spanId: string;
  /** The caller's part; undefined where the trace begins here. */
  readonly parentId?: string;
  /** True if the caller records the trace. */
  readonly sampled: boolean;
  /** `tracestate` of other vendors, passed on unchanged. */
  readonly state?: string;
}

const PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const MAX_STATE_CHARS = 512;

/**
 * Continues the trace of `traceparent`. A missing or invalid one starts a new trace, as the standard demands; then
 * `tracestate` is ignored.
 */
export function continueTrace(traceparent: string | undefined, tracestate?: string): Trace {
  const [, version, traceId = '', parentId = '', flags = '', more] = PARENT.exec(traceparent?.trim() ?? '') ?? [];
  const valid =
    version !== undefined &&
    version !== 'ff' &&
    (version !== '00' || more === undefined) &&
    !/^0+$/.test(traceId) &&
    !/^0+$/.test(parentId);
  if (!valid) return { traceId: randomHex(16), spanId: randomHex(8), sampled: false };
  return {
    traceId,
    spanId: randomHex(8),
    parentId,
    sampled: (Number.parseInt(flags, 16) & 1) === 1,
    ...(tracestate && tracestate.length <= MAX_STATE_CHARS && { state: tracestate }),
  };
}

/** Makes the headers of an outgoing request. */
export function traceHeaders({ traceId, spanId, sampled, state }: Trace): Record<string, string> {
  return { traceparent: `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`, ...(state && { tracestate: state }) };
}

function randomHex(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  // All zeros is the one value that is not allowed.
  random[0] = (random[0] as number) | 1;
  return hex(random.buffer);
}
