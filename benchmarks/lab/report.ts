/** The laboratory's report: one page that needs nothing else, with a chart for each panel. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PAGE_SCRIPT, PAGE_STYLE } from './page';
import type { Panel, Scenario, ScenarioResult } from './scenario';

export interface Finished {
  scenario: Pick<Scenario, 'name' | 'title' | 'question' | 'path'>;
  result: ScenarioResult;
}

const DIGITS = 4;

/** The page as text. @throws Error where uPlot is not installed */
export function renderReport(finished: readonly Finished[], seed: number): string {
  const [script, style] = ['uPlot.iife.min.js', 'uPlot.min.css'].map((file) => {
    return readFileSync(join(uplotFolder(), file), 'utf8');
  });
  const data = finished.map(({ result }) => result.panels.map(packPanel));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>usernet: the laboratory</title>
<style>${style}${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>usernet: the laboratory</h1>
<p>TCP in virtual time: hosts with the whole of usernet, links with everything that goes wrong on
them. Seed ${seed}, and the same seed gives the same packets in the same microseconds:
<code>npm run lab -- --seed ${seed}</code>.</p>
${renderSummary(finished)}
</header>
<main>
${finished.map(renderScenario).join('\n')}
</main>
<script>${script}</script>
<script>const DATA = ${JSON.stringify(data).replaceAll('<', '\\u003c')};
${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

function uplotFolder(): string {
  return join(require.resolve('uplot/package.json'), '../dist');
}

/** Columns for uPlot: times, then a column a line; short numbers, for the page's sake. */
function packPanel({ title, unit, times, lines }: Panel) {
  const round = (value: number | null) =>
    value === null ? null : Number(value.toPrecision(DIGITS));
  const data = [times.map((time) => Math.round(time * 1000) / 1000)];
  const columns = lines.map(({ values }) => times.map((_, i) => round(values[i] ?? null)));
  return { title, unit, labels: lines.map(({ label }) => label), data: [...data, ...columns] };
}

function renderSummary(finished: readonly Finished[]): string {
  const rows = finished.map(({ scenario, result }) => {
    const passed = result.checks.filter(({ ok }) => ok).length;
    const all = result.checks.length;
    const state = all === 0 ? 'none' : passed === all ? 'ok' : 'bad';
    const verdict = all === 0 ? 'reported' : `${passed} of ${all}`;
    const name = `<a href="#${scenario.name}">${escapeText(scenario.title)}</a>`;
    return `<tr><td>${name}</td><td class="${state}">${verdict}</td></tr>`;
  });
  return `<table class="summary">
<thead><tr><th>scenario</th><th>as expected</th></tr></thead>
<tbody>${rows.join('')}</tbody></table>`;
}

function renderScenario({ scenario, result }: Finished, index: number): string {
  const { columns, rows, checks, panels } = result;
  const head = columns.map((column) => `<th>${escapeText(column)}</th>`).join('');
  const body = rows
    .map((row) => `<tr>${row.map((cell) => `<td>${escapeText(String(cell))}</td>`).join('')}</tr>`)
    .join('');
  const list = checks
    .map(({ text, ok }) => `<li class="${ok ? 'ok' : 'bad'}">${escapeText(text)}</li>`)
    .join('');
  const charts = panels.map((_, i) => `<div class="chart" data-at="${index},${i}"></div>`).join('');
  return `<section id="${scenario.name}">
<h2>${escapeText(scenario.title)} <code>--scenario ${scenario.name}</code></h2>
<p>${escapeText(scenario.question)}</p>
<p class="path">${escapeText(scenario.path)}</p>
<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>
${list === '' ? '' : `<ul class="checks">${list}</ul>`}
<div class="charts">${charts}</div>
</section>`;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
