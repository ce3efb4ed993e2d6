/** The page that `report` writes: one file that needs nothing else. Records are written one by one, however many. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { WhylightError } from '../core/errors.ts';
import { colormap } from '../core/image/colormap.ts';
import { sniff } from '../core/image/sniff.ts';
import { nodeCodecs } from '../node/codecs.ts';
import { reasonOf } from '../node/system-errors.ts';
import { type Evidence, massOnGrid, smallPicture } from './evidence.ts';
import { type Finding, findings, STRIKING } from './findings.ts';
import type { Settings } from './journal.ts';
import { measuresSection } from './measures.ts';
import { escapeHtml } from './plots.ts';
import { provenance } from './provenance.ts';
import { type PictureRecord, unpackMap } from './record.ts';
import { SCRIPT } from './report-script.ts';
import { STYLE } from './style.ts';
import { isMistake, type Summary, saidOf } from './summary.ts';

export interface Report {
  readonly title: string;
  readonly summary: Summary;
  readonly settings: Settings;
  /** The line that was typed. */
  readonly command: string;
  /** Every record, as often as it is asked for. */
  records(): AsyncIterable<PictureRecord>;
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
  const { summary, settings } = report;
  const methods = Object.keys(summary.methods);
  const about = {
    methods,
    classes: summary.classes,
    confusion: summary.confusion,
    known: summary.known > 0,
    striking: STRIKING,
    colors: Buffer.from(colormap('coolwarm')).toString('base64'),
    summary: Object.fromEntries(methods.map((id) => [id, { classes: summary.methods[id]?.classes }])),
    findings: await findingsOf(report, methods, Number(settings.seed)),
  };
  yield page(report);
  yield `<script type="application/json" id="about">${json(about)}</script>\n<script type="application/json" id="records">[`;
  let first = true;
  for await (const record of report.records()) {
    yield `${first ? '' : ',\n'}${json(forPage(record))}`;
    first = false;
  }
  yield `]</script>\n<script>${SCRIPT}</script>\n</body></html>\n`;
}

/** Groups of pictures that are explained alike, for each method. */
async function findingsOf(
  report: Report,
  methods: readonly string[],
  seed: number,
): Promise<Record<string, Finding[]>> {
  const evidence: Record<string, Evidence[]> = Object.fromEntries(methods.map((id) => [id, []]));
  for await (const record of report.records()) {
    const image = await nodeCodecs().decode(Buffer.from(record.thumbnail ?? '', 'base64'));
    const picture = smallPicture(image);
    for (const id of methods) {
      const map = record.methods[id]?.map;
      const mass = map ? massOnGrid(unpackMap(map), map.width, map.height) : massOnGrid([], 0, 0);
      evidence[id]?.push({ group: saidOf(record), mass, picture });
    }
  }
  return Object.fromEntries(Object.entries(evidence).map(([id, all]) => [id, findings(all, seed)]));
}

/** Part of a record that the script of the page reads. */
function forPage(record: PictureRecord) {
  const { width, height } = sniff(Buffer.from(record.thumbnail ?? '', 'base64'));
  return {
    name: record.name,
    truth: record.truth,
    said: saidOf(record),
    top: record.top,
    size: [width, height],
    thumbnail: record.thumbnail,
    methods: Object.fromEntries(
      Object.entries(record.methods).map(([id, { target, score, map, warnings, metrics }]) => [
        id,
        { target, score, map, warnings, metrics },
      ]),
    ),
    mistake: isMistake(record),
  };
}

/** JSON that may stand in a script element. */
const json = (value: unknown): string => JSON.stringify(value).replace(/</g, '\\u003c');

function page({ title, summary, settings, command }: Report): string {
  const { name, version } = settings.model as { name: string; version: string };
  const methods = Object.keys(summary.methods);
  const mistakes = summary.known - summary.correct;
  const tiles: [string, string][] = [
    [String(summary.pictures), 'images'],
    ...(summary.known > 0
      ? ([
          [`${((100 * summary.correct) / summary.known).toFixed(1)} %`, 'accuracy'],
          [String(mistakes), 'mistakes'],
        ] as [string, string][])
      : []),
    [String(summary.classes.length), 'classes'],
  ];
  const measures = measuresSection(summary);
  const links = [
    ['findings', 'Stands out'],
    ...(mistakes > 0 ? [['mistakes-section', 'Mistakes']] : []),
    ['classes-section', 'Classes'],
    ...(measures ? [['measures', 'Faithfulness']] : []),
    ['pictures', 'Images'],
    ['provenance', 'Provenance'],
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
<header><h1><small>whylight report</small>${escapeHtml(name)} ${escapeHtml(version)}</h1>
<div class="tiles">${tiles.map(([value, label]) => `<div class="tile"><b>${value}</b><span>${label}</span></div>`).join('')}</div></header>
<div class="tools"><form onsubmit="return false">
<label>Method <select id="method">${methods.map((id) => `<option>${escapeHtml(id)}</option>`).join('')}</select></label>
<label>Map <input id="opacity" type="range" min="0" max="1" step="0.05" value="0.75" aria-label="opacity of the map"></label>
<nav>${links.map(([id, label]) => `<a href="#${id}">${label}</a>`).join('')}</nav></form></div>
<main>
<noscript><p class="card">This page draws its maps with a script in this file; please allow it to run. It loads nothing.</p></noscript>
<section class="first"><div><h2>What stands out</h2><p class="lead">Images with similar explanations, and the spot that they share more than others do.</p><div id="findings" class="findings"></div><div id="groups" class="weak"></div></div>
${summary.known > 0 ? `<div><h2>Confusion</h2><p class="lead">Rows: true class. Columns: predicted class.</p><table id="confusion" class="confusion"></table></div>` : ''}</section>
${mistakes > 0 ? `<section id="mistakes-section"><h2>Mistakes</h2><p class="lead">Highest probability first: where the model looked when it was wrong.</p><div id="mistakes"></div></section>` : ''}
<section id="classes-section"><h2>Where each class is seen</h2><p class="lead">Mean map over the mean image of each predicted class, and the position of the positive values. Centre: the middle quarter of the area. Border: the outermost eighth on each side.</p>
<div class="columns"><div id="classes" class="grid"></div><div class="card scroll"><table id="mass" class="mass"></table></div></div></section>
${measures ? `<section id="measures" class="card"><h2>How faithful the methods are</h2><p class="lead">Mean over the images ± standard error. An arrow says which way is better; the best method is in colour.</p>${measures}</section>` : ''}
<section class="card"><h2>Diagnostics</h2><p class="lead">Maps that come with a warning, and how concentrated the values are (Gini index).</p>${diagnostics(summary)}</section>
<section id="pictures"><h2>Images</h2><div id="filters" class="filters"></div><div id="list"></div></section>
<section id="provenance" class="card"><h2>How to reproduce this report</h2>${provenance(settings, command)}</section>
</main><dialog id="detail"></dialog>
`;
}

function diagnostics({ methods, pictures }: Summary): string {
  const codes = [...new Set(Object.values(methods).flatMap(({ warnings }) => Object.keys(warnings)))].sort();
  const rows = Object.entries(methods).map(
    ([id, { sparseness, warnings }]) =>
      `<tr><th scope="row">${escapeHtml(id)}</th><td>${sparseness.mean.toFixed(3)} ± ${sparseness.error.toFixed(3)}</td>` +
      `${codes.map((code) => `<td>${warnings[code] ?? 0} of ${pictures}</td>`).join('')}</tr>`,
  );
  return `<div class="scroll"><table class="mass"><thead><tr><td></td><th scope="col">sparseness</th>${codes.map((code) => `<th scope="col">${code}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>${codes.length === 0 ? '<p class="lead">No map came with a warning.</p>' : ''}</div>`;
}
