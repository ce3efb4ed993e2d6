/** The program of a report's page: draws the images into the page that was rendered without them. */
import { render } from 'preact';
import type { PageRecord, ReportData } from '../page-data.ts';
import { Report } from './report.tsx';

const read = (id: string): unknown => JSON.parse(document.getElementById(id)?.textContent ?? '');

render(
  <Report data={read('report') as ReportData} records={read('records') as PageRecord[]} />,
  document.getElementById('page') as HTMLElement,
);
