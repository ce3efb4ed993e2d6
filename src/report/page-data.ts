/** Data of the pages: what Node hands to the components in `page/`, and what the report's program reads in the browser. */
import type { FeatureFinding } from './feature-findings.ts';
import type { Finding } from './findings.ts';
import type { MethodRecord, RecordedAnswer } from './record.ts';
import type { Summary } from './summary.ts';

export interface ReportData {
  readonly title: string;
  readonly model: { readonly name: string; readonly version: string };
  readonly summary: Summary;
  /** By method, the strongest first. */
  readonly findings: Readonly<Record<string, readonly Finding[]>>;
  /** The same of inputs that are no images; empty for images. */
  readonly featureFindings: Readonly<Record<string, readonly FeatureFinding[]>>;
  /** By method and class, all rows of a table in one drawing (SVG); empty for other inputs. */
  readonly swarms: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly metrics: MetricTexts;
  readonly provenance: ProvenanceData;
}

/** Data of the page that `evaluate` writes. */
export type EvaluationData = Omit<ReportData, 'title' | 'findings' | 'featureFindings' | 'swarms'>;

/** By metric id. */
export type MetricTexts = Readonly<Record<string, MetricText>>;

export interface MetricText {
  readonly title: string;
  readonly summary: string;
  readonly better: 'higher' | 'lower' | 'neither';
}

export interface ProvenanceData {
  /** The line that was typed. */
  readonly command?: string;
  /** Name and value, in the order of the page. */
  readonly rows: readonly (readonly [string, string])[];
}

/** Part of a record that the report's page shows. */
export interface PageRecord {
  readonly name: string;
  readonly truth?: string;
  /** Predicted class. */
  readonly said: string;
  /** Best first; empty where nothing was found. */
  readonly top: readonly RecordedAnswer[];
  /** Sentence for a class with a low probability; absent where a classifier is sure, and for other tasks. */
  readonly doubt?: string;
  /** Width and height of the thumbnail, in pixels; 0 by 0 for inputs that are no images. */
  readonly size: readonly [number, number];
  /** PNG in base64; empty for inputs that are no images. */
  readonly thumbnail: string;
  readonly methods: Readonly<Record<string, PageMap>>;
}

export type PageMap = Pick<
  MethodRecord,
  'target' | 'prediction' | 'score' | 'map' | 'drawing' | 'warnings' | 'metrics'
>;

/** A report's page around its records, which are written one by one as a JSON array. */
export interface ReportShell {
  /** Everything before the first record, the opening bracket included. */
  readonly head: string;
  /** Everything after the last record. */
  readonly tail: string;
}

/** Functions of the module that `scripts/build-pages.ts` writes. */
export interface ReportPages {
  renderReport(data: ReportData): ReportShell;
  renderEvaluation(data: EvaluationData): string;
}
