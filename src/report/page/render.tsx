/** Pages as HTML, rendered on Node: the module that the report commands load once it is built. */

import PROGRAM from 'virtual:report-program';
import type { ComponentChildren } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { ReportData, ReportPages } from '../page-data.ts';
import { Evaluation } from './evaluation.tsx';
import { Report } from './report.tsx';
import STYLE from './style.css?inline';

const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

export const renderReport: ReportPages['renderReport'] = (data) => {
  const html = documentOf(
    data.title,
    <body>
      <div id="page">
        <Report data={data} records={[]} />
      </div>
      <Json id="report" value={data} />
      <Json id="records" value={[]} />
      <script dangerouslySetInnerHTML={{ __html: PROGRAM }} />
    </body>,
  );
  // Texts and JSON are escaped, so that only the element itself reads like this.
  const records = '<script type="application/json" id="records">[';
  const at = html.indexOf(records) + records.length;
  return { head: html.slice(0, at), tail: html.slice(at) };
};

export const renderEvaluation: ReportPages['renderEvaluation'] = (data) =>
  documentOf(
    `${data.model.name}: evaluation of saliency methods`,
    <body>
      <Evaluation data={data} />
    </body>,
  );

const documentOf = (title: string, body: ComponentChildren): string =>
  `<!doctype html>${renderToString(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content={POLICY} />
        <title>{title}</title>
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      {body}
    </html>,
  )}\n`;

/** Data for the program of the page. */
const Json = ({ id, value }: { readonly id: string; readonly value: ReportData | readonly [] }) => (
  <script
    type="application/json"
    id={id}
    dangerouslySetInnerHTML={{ __html: JSON.stringify(value).replaceAll('<', '\\u003c') }}
  />
);
