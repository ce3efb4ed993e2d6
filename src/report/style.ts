/** Style sheet of both pages, light and dark. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f5f2; --card: #ffffff; --ink: #1d1c1a; --soft: #6b6862; --line: #e2dfd8; --faint: #efede8;
  --accent: #b3430c; --good: #2c7a4b; --bad: #b3261e; --heat: 179, 67, 12;
  --s0: #b3430c; --s1: #2667b8; --s2: #2c7a4b; --s3: #8540a8; --s4: #9a7400; --s5: #c2255c;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #141312; --card: #1e1d1b; --ink: #edeae4; --soft: #a09b92; --line: #34322e; --faint: #282623;
    --accent: #ff9152; --good: #6fcf97; --bad: #ff8a80; --heat: 255, 145, 82;
    --s0: #ff9152; --s1: #7db4ff; --s2: #6fcf97; --s3: #cf9bec; --s4: #e3c04f; --s5: #ff8fb1;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); }
main, header { max-width: 1360px; margin: 0 auto; padding: 0 28px; }
header { display: flex; flex-wrap: wrap; align-items: end; gap: 8px 36px; padding-top: 22px; padding-bottom: 14px; }
h1 { font-size: 26px; line-height: 1.2; letter-spacing: -0.02em; margin: 0; font-weight: 650; }
h1 small { display: block; font-size: 12px; letter-spacing: 0.08em; text-transform: uppercase; color: var(--soft); font-weight: 600; margin-bottom: 2px; }
h2 { font-size: 18px; letter-spacing: -0.01em; margin: 0 0 2px; font-weight: 650; }
section { margin: 0 0 34px; scroll-margin-top: 64px; }
p.lead { margin: 0 0 14px; color: var(--soft); max-width: 80ch; }
.tiles { display: flex; gap: 28px; margin-left: auto; }
.tile b { display: block; font-size: 22px; line-height: 1.15; font-weight: 650; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: 13px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px; }
.tools { position: sticky; top: 0; z-index: 5; background: var(--ground); border-bottom: 1px solid var(--line); margin-bottom: 20px; }
.tools form { max-width: 1360px; margin: 0 auto; padding: 8px 28px; display: flex; flex-wrap: wrap; gap: 6px 22px; align-items: center; font-size: 14px; }
.tools label { display: flex; gap: 8px; align-items: center; color: var(--soft); }
.tools nav { margin-left: auto; display: flex; gap: 14px; flex-wrap: wrap; }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: 3px; }
a:hover { text-decoration-color: currentColor; }
select, button, input { font: inherit; color: inherit; accent-color: var(--accent); }
select, button { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 4px 10px; }
button { cursor: pointer; }
button:hover { border-color: var(--soft); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.first { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 24px; align-items: start; }
.findings { display: grid; gap: 14px; }
.finding { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 18px; }
.finding.strong { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.finding h3 { margin: 0 0 4px; font-size: 17px; line-height: 1.35; font-weight: 600; }
.finding p { margin: 0 0 10px; color: var(--soft); font-size: 14px; }
.finding .pair { display: flex; gap: 8px; align-items: start; } .pair figure { min-width: 0; } .pair canvas { max-width: 100%; height: auto; }
.finding figure { margin: 0; }
.badge { display: inline-block; font-size: 12px; font-weight: 600; border-radius: 99px; padding: 1px 9px; margin-right: 8px; background: var(--faint); color: var(--soft); vertical-align: 2px; }
.strong .badge { background: rgba(var(--heat), 0.14); color: var(--accent); }
figcaption { font-size: 12px; color: var(--soft); margin-top: 3px; }
canvas { display: block; border-radius: 6px; background: var(--faint); image-rendering: pixelated; }
.strip { display: flex; flex-wrap: wrap; gap: 6px; }
.strip button, .grid button { padding: 0; border: 0; background: none; border-radius: 8px; text-align: left; }
.weak { display: grid; grid-template-columns: repeat(auto-fit, minmax(270px, 1fr)); gap: 12px; margin-top: 14px; }
.finding .below { margin: 12px 0 0; }
.weak .finding { padding: 12px; gap: 14px; }
.weak .finding h3 { font-size: 14px; } .weak .finding p { font-size: 13px; margin-bottom: 8px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
.confusion { font-size: 12px; }
.confusion tbody td { width: 30px; height: 26px; text-align: center; border: 1px solid var(--card); border-radius: 3px; padding: 0 2px; }
.confusion td button { border: 0; background: none; padding: 0; width: 100%; height: 100%; border-radius: 0; font-size: 12px; }
.confusion th { font-weight: 500; color: var(--soft); text-align: right; padding: 0 8px 0 0; white-space: nowrap; }
.confusion thead th { padding: 0 0 6px; vertical-align: bottom; text-align: left; }
.confusion thead th span { writing-mode: vertical-rl; transform: rotate(180deg); display: inline-block; }
.confusion tr.total td { color: var(--soft); }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(128px, 1fr)); gap: 14px; }
.grid canvas, .grid button { width: 100%; }
.grid canvas { aspect-ratio: var(--ratio, 1); height: auto; }
.cell { font-size: 13px; line-height: 1.35; min-width: 0; }
.cell .name { color: var(--soft); font-size: 12px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.cell .said { margin-top: 5px; font-weight: 600; }
.cell .wrong { color: var(--bad); }
.mass { width: 100%; font-size: 14px; }
.mass th { text-align: left; font-weight: 500; padding: 4px 14px 4px 0; white-space: nowrap; }
.mass thead th { color: var(--soft); font-size: 12px; }
.mass td { padding: 4px 14px 4px 0; min-width: 130px; }
.bar { display: block; height: 5px; border-radius: 3px; background: var(--faint); margin-top: 3px; overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--soft); opacity: 0.55; border-radius: 3px; }
.best .bar i, .mark .bar i { background: var(--accent); opacity: 1; }
.mark { color: var(--accent); font-weight: 600; }
.measures { width: 100%; font-size: 14px; table-layout: fixed; min-width: 640px; }
.measures th[scope="col"] { text-align: left; font-weight: 600; padding: 0 18px 8px 0; }
.measures th[scope="row"] { text-align: left; font-weight: 600; padding: 9px 24px 9px 0; }
.measures thead td { width: 34%; }
.measures th small { display: block; font-weight: 400; color: var(--soft); font-size: 12px; line-height: 1.4; }
.measures tbody td { border-top: 1px solid var(--line); padding: 9px 18px 9px 0; vertical-align: top; }
.measures tbody th { border-top: 1px solid var(--line); vertical-align: top; }
.measures .value { font-weight: 600; } .measures .error, .none, .arrow { color: var(--soft); font-size: 12px; }
.best .value { color: var(--accent); }
.legend { display: flex; flex-wrap: wrap; gap: 18px; margin: 18px 0 6px; font-size: 13px; }
.key i { display: inline-block; width: 18px; height: 3px; border-radius: 2px; margin-right: 7px; vertical-align: 4px; background: var(--soft); }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 18px; }
.plots figure { margin: 0; } .plots figcaption { font-size: 14px; color: var(--ink); font-weight: 600; }
.plot { width: 100%; height: auto; font-size: 11px; } .plot text { fill: var(--soft); } .plot .grid { stroke: var(--line); display: inline; }
.plot polyline { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke: var(--soft); }
${[0, 1, 2, 3, 4, 5].map((i) => `.plot .series-${i} { stroke: var(--s${i}); } .key .swatch-${i} { background: var(--s${i}); }`).join('\n')}
pre { background: var(--faint); border-radius: 8px; padding: 12px 14px; overflow-x: auto; font-size: 13px; margin: 0 0 12px; white-space: pre-wrap; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 20px; margin: 0; font-size: 14px; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.filters { display: flex; flex-wrap: wrap; gap: 8px 16px; margin-bottom: 14px; align-items: center; font-size: 14px; }
dialog { border: 1px solid var(--line); border-radius: 14px; background: var(--card); color: inherit; padding: 22px; max-width: min(1000px, 94vw); }
dialog::backdrop { background: rgba(0, 0, 0, 0.55); }
dialog .row { display: flex; flex-wrap: wrap; gap: 20px; } dialog figure { margin: 0; }
dialog h2 { margin-bottom: 10px; overflow-wrap: anywhere; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); gap: 24px; }
@media (max-width: 900px) {
  main, header, .tools form { padding-left: 16px; padding-right: 16px; }
  .first { grid-template-columns: minmax(0, 1fr); } .tiles { margin-left: 0; } .finding { grid-template-columns: minmax(0, 1fr); }
  .tools { position: static; } .tools nav { margin-left: 0; }
}
@media print { .tools { display: none; } }
`;
