/** The page that `evaluate` writes: table, plots, and what it takes to repeat them. One file, no script. */
import type { Settings } from './journal.ts';
import { measuresSection } from './measures.ts';
import { escapeHtml } from './plots.ts';
import { provenance } from './provenance.ts';
import { STYLE } from './style.ts';
import type { Summary } from './summary.ts';

export function evaluationPage(summary: Summary, settings: Settings): string {
  const { name } = settings.model as { name: string };
  const tiles = [
    [summary.pictures, 'pictures'],
    ...(summary.known > 0 ? [[`${((100 * summary.correct) / summary.known).toFixed(1)} %`, 'accuracy']] : []),
    [Object.keys(summary.methods).length, 'methods'],
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(name)}: evaluation of saliency methods</title><style>${STYLE}</style></head><body>
<header><h1><small>whylight evaluate</small>${escapeHtml(name)}</h1>
<div class="tiles">${tiles.map(([value, label]) => `<div class="tile"><b>${value}</b><span>${label}</span></div>`).join('')}</div></header>
<main><section class="card"><h2>How faithful each method is</h2><p class="lead">Mean over the pictures ± standard error. An arrow says which way is better; the best method is in colour.</p>
${measuresSection(summary)}</section>
<section class="card"><h2>How to repeat it</h2>${provenance(settings)}</section></main></body></html>
`;
}
