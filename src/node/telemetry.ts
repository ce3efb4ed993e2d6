/** OpenTelemetry: spans and metrics of this process by OTLP over HTTP, with the official SDK, which is loaded on demand. */
import type { Meter } from '@opentelemetry/api';
import { WhylightError } from '../core/errors.ts';
import type { Metrics, RequestFacts, RunFacts } from '../edge/observe/metrics.ts';
import type { Span, Spans } from '../edge/observe/spans.ts';
import { SERVER } from '../edge/version.ts';
import type { Gauge } from './prometheus.ts';

/** Sinks that export, and the end of the export. */
export interface Telemetry {
  readonly spans: Spans;
  readonly metrics: Metrics;
  /** Sends what is left, and ends. */
  shutdown(): Promise<void>;
}

export interface TelemetryOptions {
  /** Gauges to export beside requests and runs, by name. */
  readonly gauges: Readonly<Record<string, Gauge>>;
  /** Environment with the standard variables `OTEL_*`. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Tells if the environment asks for an export. @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/ */
export const isTelemetryWanted = (env: TelemetryOptions['env']): boolean =>
  env.OTEL_SDK_DISABLED !== 'true' &&
  [env.OTEL_EXPORTER_OTLP_ENDPOINT, env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT].some((url) => url !== undefined);

/**
 * Starts the export. Addresses, headers and the interval are read by the SDK from the variables `OTEL_*` of the process.
 * @throws WhylightError `invalid_config` where the SDK is not installed
 */
export async function startTelemetry({ gauges, env }: TelemetryOptions): Promise<Telemetry> {
  const sdk = await loadSdk();
  const resource = sdk.resources
    .defaultResource()
    .merge(sdk.resources.detectResources({ detectors: [sdk.resources.envDetector] }))
    .merge(
      sdk.resources.resourceFromAttributes({
        'service.name': env.OTEL_SERVICE_NAME ?? 'whylight',
        'service.version': SERVER.version,
      }),
    );
  const reader = new sdk.metrics.PeriodicExportingMetricReader({
    exporter: new sdk.metricExporter.OTLPMetricExporter(),
    exportIntervalMillis: Number(env.OTEL_METRIC_EXPORT_INTERVAL ?? 60_000),
    exportTimeoutMillis: Math.min(30_000, Number(env.OTEL_METRIC_EXPORT_INTERVAL ?? 60_000)),
  });
  const meters = new sdk.metrics.MeterProvider({ resource, readers: [reader] });
  const tracing = tracerOf(sdk, resource, env);
  return {
    spans: tracing.spans,
    metrics: instruments(meters.getMeter('whylight', SERVER.version), gauges),
    async shutdown() {
      await Promise.allSettled([tracing.shutdown(), meters.shutdown()]);
    },
  };
}

async function loadSdk() {
  try {
    const [api, resources, traces, traceExporter, metrics, metricExporter] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace-base'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/sdk-metrics'),
      import('@opentelemetry/exporter-metrics-otlp-http'),
    ]);
    return { api, resources, traces, traceExporter, metrics, metricExporter };
  } catch (cause) {
    throw new WhylightError(
      'invalid_config',
      `OTEL_EXPORTER_OTLP_ENDPOINT is set, but the OpenTelemetry SDK cannot be loaded. Install it beside whylight: npm install ${PACKAGES.join(' ')}, or unset the variable.`,
      { packages: PACKAGES },
      { cause },
    );
  }
}

const PACKAGES = [
  '@opentelemetry/api',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace-base',
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/sdk-metrics',
  '@opentelemetry/exporter-metrics-otlp-http',
];

type Sdk = Awaited<ReturnType<typeof loadSdk>>;

function tracerOf({ api, traces, traceExporter }: Sdk, resource: object, env: TelemetryOptions['env']) {
  // Ids of request spans were sent on before the spans are made.
  let ids = { traceId: '', spanId: '' };
  const random = new traces.RandomIdGenerator();
  const provider = new traces.BasicTracerProvider({
    resource: resource as never,
    idGenerator: {
      generateTraceId: () => ids.traceId || random.generateTraceId(),
      generateSpanId: () => ids.spanId || random.generateSpanId(),
    },
    // The Worker marks no trace as recorded; the standard variable chooses another sampler.
    ...(env.OTEL_TRACES_SAMPLER === undefined && { sampler: new traces.AlwaysOnSampler() }),
    spanProcessors: [new traces.BatchSpanProcessor(new traceExporter.OTLPTraceExporter())],
  });
  const tracer = provider.getTracer('whylight', SERVER.version);
  const add = ({ name, kind, trace, start, end, error, attributes }: Span): void => {
    const { traceId, spanId, parentId } = trace;
    const isServer = kind === 'server';
    ids = { traceId, spanId: isServer ? spanId : '' };
    const parent = isServer ? parentId : spanId;
    const traceFlags = trace.sampled ? api.TraceFlags.SAMPLED : api.TraceFlags.NONE;
    const context = parent
      ? api.trace.setSpanContext(api.ROOT_CONTEXT, { traceId, spanId: parent, traceFlags, isRemote: isServer })
      : api.ROOT_CONTEXT;
    const options = { kind: isServer ? api.SpanKind.SERVER : api.SpanKind.INTERNAL, startTime: start, attributes };
    const span = tracer.startSpan(name, options, context);
    if (error !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR, message: error });
    span.end(end);
  };
  return { spans: { add }, shutdown: () => provider.shutdown() };
}

/** Requests and runs as counters and histograms, under the names of the Prometheus metrics. */
function instruments(meter: Meter, gauges: TelemetryOptions['gauges']): Metrics {
  const requests = meter.createCounter('whylight.requests', { description: 'Requests answered.' });
  const latency = meter.createHistogram('whylight.request.duration', { unit: 's' });
  const runs = meter.createCounter('whylight.runs', { description: 'Runs of this server.' });
  const samples = meter.createCounter('whylight.run.samples', { description: 'Rows that runs put through a model.' });
  const durations = meter.createHistogram('whylight.run.duration', { unit: 's' });
  const queued = meter.createHistogram('whylight.run.queue', { unit: 's' });
  for (const [name, { help, read }] of Object.entries(gauges)) {
    meter.createObservableGauge(name.replaceAll('_', '.'), { description: help }).addCallback((result) => {
      const found = read();
      if (typeof found === 'number') return result.observe(found);
      for (const [value, number] of Object.entries(found.values)) result.observe(number, { [found.label]: value });
    });
  }
  return {
    count({ ms, samples: _, ...labels }: RequestFacts) {
      const { route, method, cache } = labels;
      requests.add(1, labels);
      latency.record(ms / 1000, { route, method, cache });
    },
    ran({ ms, queueMs, samples: rows, ...labels }: RunFacts) {
      const { model, method, route } = labels;
      runs.add(1, labels);
      samples.add(rows, { model, method, route });
      durations.record(ms / 1000, { model, method, route });
      queued.record(queueMs / 1000, { route });
    },
  };
}

/** Records in all of the sinks; the first one that has a text gives it. */
export function allMetrics(sinks: readonly Metrics[]): Metrics {
  const text = sinks.find((sink) => sink.text);
  return {
    count: (facts) => sinks.forEach((sink) => void sink.count(facts)),
    ran: (facts) => sinks.forEach((sink) => void sink.ran?.(facts)),
    ...(text?.text && { text: text.text.bind(text) }),
  };
}
