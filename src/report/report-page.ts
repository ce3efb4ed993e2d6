/** The page that `report` writes: one file that needs nothing else. Records are written one by one, however many. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { renderReport } from '#report-pages';
import { WhylightError } from '../core/errors.ts';
import { sniff } from '../core/image/sniff.ts';
import type { Metric } from '../core/metrics/metric.ts';
import { doubtAbout } from '../core/model/confidence.ts';
import { nodeCodecs } from '../node/codecs.ts';
import { reasonOf } from '../node/system-errors.ts';
import { type Evidence, massOnGrid, smallImage } from './evidence.ts';
import { type FeatureEvidence, featureFindings } from './feature-findings.ts';
import { findings } from './findings.ts';
import type { Settings } from './journal.ts';
import { metricTexts } from './metric-texts.ts';
import { unpackMap } from './packed-map.ts';
import type { PageRecord, ReportData } from './page-data.ts';
import { provenance } from './provenance.ts';
import type { InputRecord } from './record.ts';
import { type Summary, saidOf } from './summary.ts';
import { Swarms } from './swarms.ts';

export interface Report {
  readonly title: string;
  readonly summary: Summary;
  readonly settings: Settings;
  /** The line that was typed. */
  readonly command: string;
  /** Every metric by id; those that come with whylight when left out. */
  readonly known?: ReadonlyMap<string, Metric>;
  /** Every record, as often as it is asked for. */
  records(): AsyncIterable<InputRecord>;
}

/** Writes the page. @throws WhylightError `invalid_request` when the file cannot be written. */
export async function writeReport(path: string, report: Report): Promise<void> {
  const file = createWriteStream(path, 'utf8');
  const failed = once(file, 'error').then(([cause]) => {
    throw new WhylightError('invalid_request', `Cannot write ${path}: ${reasonOf(cause)}.`, { path }, { cause });
  });
  const written = (async () => {
    for await (const part of parts(report)) if (!file.write(part)) await once(file, 'drain');
    file.end();
    await once(file, 'finish');
  })();
  await Promise.race([written, failed]);
}

async function* parts(report: Report): AsyncGenerator<string> {
  const { head, tail } = renderReport(await dataOf(report));
  yield head;
  let separator = '';
  for await (const record of report.records()) {
    // "<" could end the script element that the record stands in.
    yield separator + JSON.stringify(pageRecord(record, report.settings)).replaceAll('<', '\\u003c');
    separator = ',\n';
  }
  yield tail;
}

async function dataOf(report: Report): Promise<ReportData> {
  const { title, summary, settings, command } = report;
  const { name, version } = settings.model as ReportData['model'];
  return {
    title,
    model: { name, version },
    summary,
    ...(await findingsOf(report, Object.keys(summary.methods), Number(settings.seed))),
    metrics: metricTexts(report.known),
    provenance: provenance(settings, command),
  };
}

/** Groups of inputs that are explained alike, for each method. */
async function findingsOf(
  report: Report,
  methods: readonly string[],
  seed: number,
): Promise<Pick<ReportData, 'findings' | 'featureFindings' | 'swarms'>> {
  const evidence: Record<string, Evidence[]> = Object.fromEntries(methods.map((id) => [id, []]));
  const named: Record<string, FeatureEvidence[]> = Object.fromEntries(methods.map((id) => [id, []]));
  const swarms = new Swarms();
  for await (const record of report.records()) {
    const { features: names } = record;
    if (names) {
      const group = saidOf(record);
      swarms.add(group, record);
      for (const id of methods) named[id]?.push({ group, names, values: record.methods[id]?.values ?? [] });
      continue;
    }
    // Without the image nothing tells objects from marks at the same place.
    if (record.thumbnail === undefined) continue;
    const pixels = smallImage(await nodeCodecs().decode(Buffer.from(record.thumbnail, 'base64')));
    for (const id of methods) {
      const map = record.methods[id]?.map;
      const mass = map ? massOnGrid(unpackMap(map), map.width, map.height) : massOnGrid([], 0, 0);
      evidence[id]?.push({ group: saidOf(record), mass, pixels });
    }
  }
  const each = <T, R>(of: Record<string, T>, find: (all: T) => R): Record<string, R> =>
    Object.fromEntries(Object.entries(of).map(([id, all]) => [id, find(all)]));
  return {
    findings: each(evidence, (all) => findings(all, seed)),
    featureFindings: each(named, featureFindings),
    swarms: swarms.draw(),
  };
}

/** Part of a record that the page shows. */
function pageRecord(record: InputRecord, { task }: Settings): PageRecord {
  const { name, truth, top, thumbnail = '', methods } = record;
  const { width, height } = thumbnail === '' ? { width: 0, height: 0 } : sniff(Buffer.from(thumbnail, 'base64'));
  const doubt = task === 'classification' ? doubtAbout(top[0]?.probability) : undefined;
  return {
    name,
    ...(truth !== undefined && { truth }),
    said: saidOf(record),
    top,
    ...(doubt !== undefined && { doubt }),
    size: [width, height],
    thumbnail,
    methods: Object.fromEntries(
      Object.entries(methods).map(([id, { target, prediction, score, map, drawing, warnings, metrics }]) => [
        id,
        {
          target,
          ...(prediction !== undefined && { prediction }),
          score,
          ...(map && { map }),
          ...(drawing !== undefined && { drawing }),
          warnings,
          metrics,
        },
      ]),
    ),
  };
}
