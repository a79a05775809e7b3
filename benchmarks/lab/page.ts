/** How the report looks, and what draws its charts in the reader's browser. */

export const PAGE_STYLE = `
:root { color-scheme: light; --ink: #1c2733; --soft: #5d6b7a; --line: #dfe5ea; --back: #f6f8fa;
  --ok: #1a7f4b; --bad: #b3372b; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--back);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
header, section { max-width: 1280px; margin: 24px auto; padding: 24px 32px; background: #fff;
  border: 1px solid var(--line); border-radius: 10px; }
h1 { margin: 0 0 8px; font-size: 26px; }
h2 { margin: 0 0 4px; font-size: 20px; }
h2 code { float: right; font-size: 12px; font-weight: normal; color: var(--soft); }
p { margin: 4px 0; max-width: 85ch; }
.path { color: var(--soft); font-size: 13px; }
a { color: inherit; }
code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 13px; }
table { border-collapse: collapse; margin: 16px 0; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 14px; text-align: right; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--soft); font-size: 13px; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
.ok { color: var(--ok); }
.bad { color: var(--bad); font-weight: 600; }
.none { color: var(--soft); }
.checks { list-style: none; margin: 0 0 16px; padding: 0; columns: 2; font-size: 13px; }
.checks .ok::before { content: "\\2713\\00a0"; }
.checks .bad::before { content: "\\2717\\00a0"; }
.charts { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 20px 24px; }
.chart { min-width: 0; min-height: 290px; }
.uplot { width: 100%; font-family: inherit; }
.u-title { font-size: 14px; font-weight: 600; text-align: left; }
.u-legend { font-size: 12px; text-align: left; margin: 4px 0 0; }
.u-legend th, .u-legend td { border: 0; padding: 1px 4px; }
.u-legend .u-value { color: var(--ink); }
@media (max-width: 900px) { .charts { grid-template-columns: 1fr; } .checks { columns: 1; } }
`;

/** `DATA[scenario][panel]` is `{ title, unit, labels, data }`. */
export const PAGE_SCRIPT = `
const COLORS = ['#2563c9', '#d1601f', '#2a8f57', '#8a4fc7', '#b8860b', '#c2367c', '#3b8ea5',
  '#7a6a58'];
const HEIGHT = 230;
function show(value, unit) {
  if (value == null) return '–';
  return (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)) + ' ' + unit;
}
function draw(place) {
  const [scenario, index] = place.dataset.at.split(',').map(Number);
  const panel = DATA[scenario][index];
  const series = panel.labels.map((label, i) => ({
    label,
    stroke: COLORS[i % COLORS.length],
    width: panel.labels.length > 4 ? 1 : 1.5,
    spanGaps: false,
    points: { show: false },
    value: (_, value) => show(value, panel.unit),
  }));
  const axis = { stroke: '#5d6b7a', grid: { stroke: '#edf0f3', width: 1 },
    ticks: { stroke: '#dfe5ea', width: 1 }, font: '12px system-ui, sans-serif',
    labelFont: '12px system-ui, sans-serif' };
  const plot = new uPlot({
    title: panel.title,
    width: place.clientWidth,
    height: HEIGHT,
    cursor: { sync: { key: String(scenario) } },
    scales: { x: { time: false }, y: { range: (_, low, high) => [0, high > 0 ? high * 1.05 : 1] } },
    series: [{ label: 'time', value: (_, value) => value == null ? '–' : value.toFixed(2) + ' s' },
      ...series],
    axes: [{ ...axis, label: 'time, s', labelSize: 20, size: 34 },
      { ...axis, label: panel.unit, labelSize: 18, size: 58 }],
  }, panel.data, place);
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
}
// A chart is drawn when it comes near the screen: the page is there at once.
const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    draw(target);
  }
}, { rootMargin: '800px' });
for (const place of document.querySelectorAll('.chart')) near.observe(place);
`;
